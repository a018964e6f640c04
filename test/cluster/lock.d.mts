export function lock(name: string, options?: { readonly onWait?: () => void }): Promise<() => void>
export function tryLock(name: string): Promise<(() => void) | undefined>
