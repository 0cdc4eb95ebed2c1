/** The digits that come with the examples. */
export const digits = {
  name: 'digits.csv',
  credit:
    'Data: Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository, ' +
    'CC BY 4.0, in the form in which scikit-learn ships it.',
} as const
