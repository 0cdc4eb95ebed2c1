import { expect, it } from 'vitest'
import { History } from './history.ts'

it('begins a stretch for each loss, and marks where it began', () => {
  const history = new History()
  history.begin('crossEntropy', 0)
  history.addLoss(1, 2.3)
  history.addAccuracy(10, 0.5)
  history.begin('svmLoss', 12)
  history.addLoss(13, 7)
  history.mark(20, 'cpu')
  expect(history.marks).toEqual([
    { step: 12, label: 'svmLoss' },
    { step: 20, label: 'cpu' },
  ])
  const [first, second] = history.segments
  expect(first?.loss.points.map(({ mean }) => mean)).toEqual([2.3])
  expect(second?.loss.points.map(({ mean }) => mean)).toEqual([7])
  // The curve of the accuracy is not torn.
  expect(second?.accuracy.points.map(({ to, mean }) => [to, mean])).toEqual([[10, 0.5]])
})

it('goes on where the loss is the same', () => {
  const history = new History()
  history.begin('crossEntropy', 0)
  history.begin('crossEntropy', 5)
  expect([history.segments.length, history.marks.length]).toEqual([1, 0])
})
