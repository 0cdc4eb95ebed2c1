import { ValueError } from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { labelledExamples } from './labelledExamples.ts'
import { parseCsv } from './parseCsv.ts'

const table = parseCsv('height,kind,weight\n1.5,0,3\n2.5,2,4')

describe('labelledExamples', () => {
  it('takes the last column for labels', () => {
    const { x, labels } = labelledExamples(table)
    expect([x.dtype, x.shape, Array.from(x.dataSync())]).toEqual(['f32', [2, 2], [1.5, 0, 2.5, 2]])
    expect([labels.dtype, labels.shape, Array.from(labels.dataSync())]).toEqual(['i32', [2], [3, 4]])
  })

  it.each([[1], [-2], ['kind']])('takes column %j when asked to', (label) => {
    const { x, labels } = labelledExamples(table, { label })
    expect(Array.from(x.dataSync())).toEqual([1.5, 3, 2.5, 4])
    expect(Array.from(labels.dataSync())).toEqual([0, 2])
  })

  it.each([
    ['1,0.5', {}, 'label of row 1 must be an integer from 0 to 2^31 - 1, got 0.5 in column 2.'],
    ['1,0\n1,-1', {}, 'label of row 2 must be an integer from 0 to 2^31 - 1, got -1 in column 2.'],
    ['1,2147483648', {}, 'label of row 1 must be an integer from 0 to 2^31 - 1, got 2147483648 in column 2.'],
    ['1e39,0', {}, 'row 1, column 1 must be a number that f32 can hold, got 1e+39.'],
    ['1\n2', {}, 'table must have at least 2 columns, features and a label, got 1.'],
    ['1,2', { label: 2 }, 'label must be an integer from -2 to 1, got 2.'],
    ['1,2', { label: 'kind' }, 'label must name one column, got "kind" among columns without names.'],
    ['a,b\n1,2', { label: 'kind' }, 'label must name one column, got "kind" among "a", "b".'],
    ['a,a\n1,2', { label: 'a' }, 'label must name one column, got "a" among "a", "a".'],
  ])('says what is wrong with %j', (text, options, message) => {
    expect(() => labelledExamples(parseCsv(text), options)).toThrow(ValueError)
    expect(() => labelledExamples(parseCsv(text), options)).toThrow(`labelledExamples: ${message}`)
  })
})
