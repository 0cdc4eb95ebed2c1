import { flip, type Shape, type Tensor } from '@wengert/core'
import { type TensorsOptions, tensors } from '@wengert/gradcheck'
import fc from 'fast-check'

/** Tensors of a shape in any layout: with axes stored in another order, some of them backwards, or cut from something larger. */
export function laidOut(shape: Shape, options: TensorsOptions = {}): fc.Arbitrary<Tensor> {
  const axes = shape.map((_, i) => i)
  return fc
    .record({
      order: fc.shuffledSubarray(axes, { minLength: axes.length }),
      backwards: fc.subarray(axes),
      margin: fc.nat({ max: 1 }),
    })
    .chain(({ order, backwards, margin }) =>
      tensors(
        order.map((axis) => (shape[axis] as number) + margin),
        options,
      ).map((stored) => {
        const part = stored.slice(order.map(() => margin))
        return flip(part.transpose(axes.map((axis) => order.indexOf(axis))), { axis: backwards })
      }),
    )
}
