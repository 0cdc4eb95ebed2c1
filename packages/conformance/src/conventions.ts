import * as w from '@wengert/core'

/** What a function and its derivatives are at a place where conventions differ. */
export interface Convention {
  readonly f: (x: w.Tensor) => w.Tensor
  readonly at: readonly number[]
  readonly value?: readonly number[]
  /** Gradient of the sum of f. */
  readonly gradient?: readonly number[]
  /** Gradient of the sum of that gradient. */
  readonly second?: readonly number[]
  /** Forward derivative along ones. */
  readonly pushed?: readonly number[]
  /** Element types that it is about. @default f32 and f64 */
  readonly dtypes?: readonly w.DType[]
}

const { NaN: nan, NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number

/** A power of two whose square is no number of the dtype, nor is that of its inverse. */
const huge = (x: w.Tensor): number => (x.dtype === 'f32' ? 2 ** 80 : 2 ** 700)

/** The edge policy, by name: one row a convention. */
export const conventions: Readonly<Record<string, Convention>> = {
  "relu'(0) = 0": { f: w.relu, at: [0], value: [0], gradient: [0] },
  "abs'(0) = 0": { f: (x) => x.abs(), at: [0], gradient: [0] },
  "leakyRelu'(0) is the negative slope": { f: (x) => w.leakyRelu(x, { slope: 0.25 }), at: [0], gradient: [0.25] },
  "elu'(0) is alpha": { f: (x) => w.elu(x, { alpha: 0.5 }), at: [0], gradient: [0.5] },
  "celu'(0) is 1": { f: (x) => w.celu(x, { alpha: 0.5 }), at: [0], value: [0], gradient: [1] },
  "hardTanh'(±1) = 0": { f: w.hardTanh, at: [-1, 0, 1], value: [-1, 0, 1], gradient: [0, 1, 0] },
  'clip has derivative 1 at both bounds': {
    f: (x) => w.clip(x, { min: -1, max: 2 }),
    at: [-1.5, -1, 2, 2.5],
    value: [-1, -1, 2, 2],
    gradient: [0, 1, 1, 0],
  },
  'floor, ceil and round are flat': {
    f: (x) => w.floor(x).add(w.ceil(x)).add(w.round(x)),
    at: [0.5, 1.5, 2],
    value: [1, 5, 6],
    gradient: [0, 0, 0],
  },
  'ties in max share the gradient': { f: (x) => w.max(x), at: [2, 2, 1], gradient: [0.5, 0.5, 0] },
  'ties in min share the gradient': { f: (x) => w.min(x), at: [1, 1, 1, 1], gradient: [0.25, 0.25, 0.25, 0.25] },
  'a tie in maximum gives half to each side': { f: (x) => w.maximum(x, 1), at: [1], value: [1], gradient: [0.5] },
  'a tie in minimum gives half to each side': { f: (x) => w.minimum(x, 1), at: [1], value: [1], gradient: [0.5] },
  'x^2 at 0 by pow': { f: (x) => x.pow(2), at: [0, 3], value: [0, 9], gradient: [0, 6], second: [2, 2] },
  'x^1 at 0 by pow': { f: (x) => x.pow(1), at: [0], value: [0], gradient: [1] },
  'x^0 is 1 with gradient 0': { f: (x) => x.pow(0), at: [0, 3], value: [1, 1], gradient: [0, 0] },
  'x^0 has a gradient that depends on the exponent': {
    f: (x) => x.pow(x.sub(1)),
    at: [1],
    value: [1],
    gradient: [0],
    second: [2],
  },
  'NaN^0 is 1 with gradient 0': { f: (x) => x.pow(0), at: [nan], value: [1], gradient: [0] },
  'variance of a constant has gradient 0': { f: (x) => w.variance(x), at: [3, 3, 3], value: [0], gradient: [0, 0, 0] },
  'std of a constant has gradient 0': {
    f: (x) => w.std(x),
    at: [3, 3, 3],
    value: [0],
    gradient: [0, 0, 0],
    second: [0, 0, 0],
  },
  'norm at 0': { f: (x) => w.norm(x), at: [0, 0], value: [0], gradient: [0, 0], second: [0, 0] },
  'norm of ord 1 at 0': { f: (x) => w.norm(x, { ord: 1 }), at: [0, 2], value: [2], gradient: [0, 1] },
  'norm of ord Infinity at 0': { f: (x) => w.norm(x, { ord: high }), at: [0, 0], value: [0], gradient: [0, 0] },
  'norm of ord Infinity at a tie': {
    f: (x) => w.norm(x, { ord: high }),
    at: [-2, 2],
    value: [2],
    gradient: [-0.5, 0.5],
  },
  'cdist of equal points': {
    f: (x) => w.cdist(x.reshape([2, 2]), w.tensor([[1, 2]], { dtype: x.dtype })),
    at: [1, 2, 1, 4],
    value: [0, 2],
    gradient: [0, 0, 0, 1],
    second: [0, 0, 0.5, 0],
  },
  'cosineSimilarity with 0': {
    f: (x) => w.cosineSimilarity(x, w.tensor([0, 0], { dtype: x.dtype })),
    at: [3, 4],
    value: [0],
    gradient: [0, 0],
  },
  'hypot at (0, 0)': { f: (x) => w.hypot(x, 0), at: [0, 2], value: [0, 2], gradient: [0, 1], second: [0, 0] },
  'atan2 at (0, 0)': { f: (x) => w.atan2(x, x), at: [0], value: [0], gradient: [0], second: [0] },
  'prod with one zero': { f: (x) => w.prod(x), at: [0, 2, 3], value: [0], gradient: [6, 0, 0] },
  'prod with two zeros beside 3': {
    f: (x) => w.prod(x),
    at: [0, 0, 3],
    value: [0],
    gradient: [0, 0, 0],
    // The sums of the Hessian's rows.
    second: [3, 3, 0],
  },
  'prod with two zeros': { f: (x) => w.prod(x), at: [0, 2, 0], value: [0], gradient: [0, 0, 0] },
  'logAddExp of two −∞': {
    f: (x) => w.logAddExp(x, low),
    at: [low, 2],
    value: [low, 2],
    gradient: [0, 1],
    second: [0, 0],
  },
  'logAddExp with ∞': { f: (x) => w.logAddExp(x, 1), at: [high, low], value: [high, 1], gradient: [1, 0] },
  'logAddExp of equal numbers is smooth': { f: (x) => w.logAddExp(x, 0), at: [0], gradient: [0.5], second: [0.25] },
  'logAddExp at ±1e4': { f: (x) => w.logAddExp(x, 0), at: [1e4, -1e4], value: [1e4, 0], gradient: [1, 0] },
  'xLogY at a zero of x': {
    f: (x) => w.xLogY(x, w.tensor([0, -1, high, 1], { dtype: x.dtype })),
    at: [0, 0, 0, 0],
    value: [0, 0, 0, 0],
    gradient: [0, 0, 0, 0],
  },
  'xLogY at a zero of x has the slope log y': { f: (x) => w.xLogY(x, 2), at: [0], value: [0], gradient: [Math.LN2] },
  'x log x by xLogY': { f: (x) => w.xLogY(x, x), at: [0, 1], value: [0, 0], gradient: [0, 1] },
  'cumProd with a zero': { f: (x) => w.cumProd(x), at: [2, 0, 3], value: [2, 0, 0], gradient: [1, 8, 0] },
  'ties in cumMax go to the first': {
    f: (x) => w.cumMax(x),
    at: [1, 1, 2, 2],
    value: [1, 1, 2, 2],
    gradient: [2, 0, 2, 0],
  },
  'logCumSumExp from −∞ on': {
    f: (x) => w.logCumSumExp(x),
    at: [low, low, 2],
    value: [low, low, 2],
    gradient: [0, 0, 1],
  },
  'ties in sort keep their order': {
    f: (x) => w.sort(x).mul(w.arange(4, { start: 1, dtype: x.dtype })),
    at: [2, 1, 2, 1],
    value: [1, 2, 6, 8],
    gradient: [3, 1, 4, 2],
  },
  'ties in a descending sort keep their order': {
    f: (x) => w.sort(x, { descending: true }).mul(w.arange(4, { start: 1, dtype: x.dtype })),
    at: [2, 1, 2, 1],
    value: [2, 4, 3, 4],
    gradient: [1, 3, 2, 4],
  },
  'ties in topK go to the lowest index': { f: (x) => w.topK(x, 1).values, at: [1, 2, 2], gradient: [0, 1, 0] },
  'a tie in maxPool2d shares the gradient': {
    f: (x) => w.maxPool2d(x.reshape([1, 2]), [1, 2]),
    at: [3, 3],
    value: [3],
    gradient: [0.5, 0.5],
  },
  'logSumExp of all −∞': { f: (x) => w.logSumExp(x), at: [low, low], value: [low], gradient: [0, 0] },
  'logSoftmax of all −∞': { f: (x) => w.logSoftmax(x), at: [low, low], value: [low, low], gradient: [1, 1] },
  'logSumExp beside −∞': { f: (x) => w.logSumExp(x), at: [low, 2], value: [2], gradient: [0, 1] },
  'softmax of all −∞': {
    f: (x) => w.softmax(x).mul(w.tensor([1, 2], { dtype: x.dtype })),
    at: [low, low],
    value: [0, 0],
    gradient: [0, 0],
  },
  'softplus at ±1e4': { f: w.softplus, at: [1e4, -1e4], value: [1e4, 0], gradient: [1, 0] },
  'logSigmoid at ±1e4': { f: w.logSigmoid, at: [1e4, -1e4], value: [0, -1e4], gradient: [0, 1] },
  'sigmoid at ±1e4': { f: w.sigmoid, at: [1e4, -1e4], value: [1, 0], gradient: [0, 0] },
  'silu at ±1e4': { f: w.silu, at: [1e4, -1e4], value: [1e4, 0], gradient: [1, 0] },
  'mish at ±1e4': { f: w.mish, at: [1e4, -1e4], value: [1e4, 0], gradient: [1, 0] },
  'gelu at ±1e4': { f: (x) => w.gelu(x), at: [1e4, -1e4], value: [1e4, 0], gradient: [1, 0] },
  'elu at ±1e4': { f: (x) => w.elu(x), at: [1e4, -1e4], value: [1e4, -1], gradient: [1, 0] },
  'selu at ±1e4': { f: w.selu, at: [1e4, -1e4], gradient: [1.0507009873554805, 0] },
  'tanh at ±1e4': { f: w.tanh, at: [1e4, -1e4], value: [1, -1], gradient: [0, 0] },
  'erf at ±1e4': { f: w.erf, at: [1e4, -1e4], value: [1, -1], gradient: [0, 0] },
  'erfc at ±1e4': { f: w.erfc, at: [1e4, -1e4], value: [0, 2], gradient: [0, 0] },
  'celu at ±1e4': { f: (x) => w.celu(x), at: [1e4, -1e4], value: [1e4, -1], gradient: [1, 0] },
  'where does not see the branch not taken': {
    f: (x) => w.where(x.lessEqual(0), 0, x.log()),
    at: [-1, 0, 1],
    value: [0, 0, 0],
    gradient: [0, 0, 1],
  },
  'x log x under where': {
    f: (x) => w.where(x.equal(0), 0, x.mul(x.log())),
    at: [0, 1],
    value: [0, 0],
    gradient: [0, 1],
    second: [0, 1],
    pushed: [0, 1],
  },
  'a norm under where': {
    f: (x) => {
      const squares = w.sum(x.square())
      return w.where(squares.equal(0), 0, squares.sqrt())
    },
    at: [0, 0],
    value: [0],
    gradient: [0, 0],
  },
  'where looks through views and broadcasting': {
    f: (x) => w.where(w.tensor([[true, false]]), 1, x.log().reshape([2, 1]).transpose().broadcastTo([3, 2]).div(x)),
    at: [0, 1],
    gradient: [0, 3],
  },
  'sign is flat, and 0 at 0': { f: w.sign, at: [-2, 0, 3], value: [-1, 0, 1], gradient: [0, 0, 0] },
  'hypot neither overflows nor underflows': {
    f: (x) => w.hypot(x.mul(huge(x)), x.mul(huge(x)).mul(0.75)).div(huge(x)),
    at: [4],
    value: [5],
    gradient: [1.25],
  },
  'hypot of tiny numbers does not underflow': {
    f: (x) => w.hypot(x.div(huge(x)), x.div(huge(x)).mul(0.75)).mul(huge(x)),
    at: [4],
    value: [5],
    gradient: [1.25],
  },
  'NaN goes through relu, clip, maximum and max': {
    f: (x) => w.stack([w.relu(x), w.clip(x, { min: 0, max: 1 }), w.maximum(x, 0), w.max(x, { keepDims: true })]),
    at: [nan],
    value: [nan, nan, nan, nan],
  },
  'argSort puts NaN last': { f: (x) => w.argSort(x), at: [nan, 1, high, nan, low, 1], value: [4, 1, 5, 2, 0, 3] },
  'a descending argSort puts NaN last': {
    f: (x) => w.argSort(x, { descending: true }),
    at: [nan, 1, high, nan, low, 1],
    value: [2, 1, 5, 4, 0, 3],
  },
  'argMax and argMin name the first NaN': {
    f: (x) => w.stack([w.argMax(x), w.argMin(x)]),
    at: [1, nan, 3, nan],
    value: [1, 1],
  },
  'argMax and argMin name the first of equals': {
    f: (x) => w.stack([w.argMax(x), w.argMin(x)]),
    at: [1, 3, 3, 1],
    value: [1, 0],
    dtypes: ['i32', 'f32', 'f64'],
  },
  'a sort of equals keeps their order': {
    f: (x) => w.stack([w.argSort(x), w.argSort(x, { descending: true })]),
    at: [2, 1, 2, 1],
    value: [1, 3, 0, 2, 0, 2, 1, 3],
    dtypes: ['i32', 'f32', 'f64'],
  },
  'a cast to i32 truncates toward zero': {
    f: (x) => x.cast('i32'),
    at: [-1.75, -0.5, 0.5, 1.75],
    value: [-1, 0, 0, 1],
  },
  'a cast to bool is true but for 0': {
    f: (x) => x.cast('bool'),
    at: [-3, 0, 1],
    value: [1, 0, 1],
    dtypes: ['i32', 'f32', 'f64'],
  },
  'the sum of nothing is 0, the product 1': {
    f: (x) => w.stack([w.sum(x), w.prod(x)]),
    at: [],
    value: [0, 1],
    dtypes: ['i32', 'f32', 'f64'],
  },
  'of nothing all are true, and not any': {
    f: (x) => w.stack([w.all(x), w.any(x)]),
    at: [],
    value: [1, 0],
    dtypes: ['bool'],
  },
  'bools are counted as integers': { f: (x) => w.sum(x), at: [1, 1, 0, 1], value: [3], dtypes: ['bool'] },
}
