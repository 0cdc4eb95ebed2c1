import { type Key, normal, pad, stack, type Tensor } from '@wengert/core'

const side = 8

/** Views of pictures f32 [N, 64]: a pixel to the left, a pixel to the right, and blurred. f32 [3, N, 64] */
export function viewsOf(x: Tensor): Tensor {
  const pictures = x.reshape([-1, side, side])
  const shifted = (down: number, right: number): Tensor => {
    const framed = pad(pictures, [
      [0, 0],
      [1, 1],
      [1, 1],
    ])
    const [top, left] = [1 - down, 1 - right]
    return framed.slice([0, top, left], [pictures.shape[0] as number, top + side, left + side])
  }
  const neighbours = [shifted(1, 0), shifted(-1, 0), shifted(0, 1), shifted(0, -1)]
  const blurred = neighbours.reduce((total, view) => total.add(view.mul(1 / 8)), pictures.mul(1 / 2))
  return stack([shifted(0, -1), shifted(0, 1), blurred]).reshape([3, -1, side * side])
}

/** Pictures with grey noise over them. */
export function noisy(from: Key, x: Tensor, spread: number): Tensor {
  return x.add(normal(from, x.shape).mul(spread))
}
