export function progress<T>(what: string, work: () => Promise<T>): Promise<T>
