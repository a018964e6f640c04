import { Lexer, type Token } from './lexer.ts'
import { Misread } from './place.ts'
import { textOf, texts } from './rdata.ts'

/** What stands in a text of no file that is written as a zone file has it, or what is wrong there. */
export type ReadLine = { readonly words: readonly string[] } | { readonly fault: string }

/** The words of a text: quoted strings as what they stand for, all else as it is written. */
export function readWords(text: string): ReadLine {
  return readLine(text, tokens => tokens.map(token => (token.isQuoted ? textOf(token) : token.text)))
}

/** The texts of a text: those of the strings of one TXT record, which may be longer here than a server holds in one. */
export function readTexts(text: string): ReadLine {
  return readLine(text, tokens => texts(tokens, Number.POSITIVE_INFINITY))
}

function readLine(text: string, read: (tokens: readonly Token[]) => string[]): ReadLine {
  try {
    return { words: read(tokensOf(text)) }
  } catch (error) {
    if (error instanceof Misread) return { fault: error.message }
    throw error
  }
}

/** @throws Misread */
function tokensOf(text: string): Token[] {
  const lexer = new Lexer(text, {
    file: '',
    onFault: ({ message, ...place }) => {
      throw new Misread(place, message)
    },
  })
  const tokens: Token[] = []
  for (let entry = lexer.next(); entry; entry = lexer.next()) tokens.push(...entry.tokens)
  return tokens
}
