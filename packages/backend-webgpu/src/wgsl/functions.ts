/** Functions written in WGSL, by name. */
export type Functions = Readonly<Record<string, string>>
