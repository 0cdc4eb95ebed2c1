import { describe, expect, it } from 'vitest'
import { InputError } from './inputError.ts'
import { parseOptions } from './options.ts'

describe('parseOptions', () => {
  it('trains with both losses unless told otherwise', () => {
    expect(parseOptions([])).toEqual({
      losses: ['crossEntropy', 'rootedCrossEntropy'],
      epochs: 30,
      batch: 64,
      seeds: [0],
      data: null,
      out: 'report.html',
    })
  })

  it('takes every flag', () => {
    const flags = '--loss svmLoss --epochs 3 --batch 8 --seed 5 --seeds 2 --data a.idx b.idx --out x.html'
    expect(parseOptions(flags.split(' '))).toEqual({
      losses: ['svmLoss'],
      epochs: 3,
      batch: 8,
      seeds: [5, 6],
      data: ['a.idx', 'b.idx'],
      out: 'x.html',
    })
  })

  it('takes one file for a CSV', () => {
    expect(parseOptions(['--data=a.csv'])?.data).toEqual(['a.csv'])
  })

  it.each(['--help', '-h'])('answers %s with no options', (flag) => {
    expect(parseOptions([flag])).toBeNull()
  })

  it.each([
    [['--epoch', '3'], "Unknown option '--epoch'. Try --help."],
    [['--epochs'], "Option '--epochs <value>' argument missing. Try --help."],
    [['--epochs', '0'], '--epochs must be an integer from 1 to 10000, got "0".'],
    [['--epochs', '1e2'], '--epochs must be an integer from 1 to 10000, got "1e2".'],
    [['--batch', '2.5'], '--batch must be an integer from 1 to 1000000, got "2.5".'],
    [['--seed=-1'], '--seed must be an integer from 0 to 9007199254740891, got "-1".'],
    [['--seed', '9007199254740993'], '--seed must be an integer from 0 to 9007199254740891, got "9007199254740993".'],
    [['--seeds', 'many'], '--seeds must be an integer from 1 to 100, got "many".'],
    [['--loss', 'hinge'], '--loss must be one of crossEntropy, rootedCrossEntropy, svmLoss, got "hinge".'],
    [['--loss', 'toString'], '--loss must be one of crossEntropy, rootedCrossEntropy, svmLoss, got "toString".'],
    [['a.csv'], 'a.csv is one argument too many. Try --help.'],
    [['--data', 'a', 'b', 'c'], 'c is one argument too many. Try --help.'],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(new InputError(message))
  })
})
