/**
 * Asks once for each item and brings all answers together, in the order of the items: returned when every one came at once,
 * otherwise given to `later`.
 */
export function gather<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item, later: (answer: Answer) => void) => Answer | undefined,
  later: (answers: readonly Answer[]) => void,
): readonly Answer[] | undefined {
  const answers: Answer[] = []
  let missing = items.length
  let isLate = false
  items.forEach((item, index) => {
    const take = (answer: Answer): void => {
      answers[index] = answer
      missing--
      if (missing === 0 && isLate) later(answers)
    }
    const now = ask(item, take)
    if (now !== undefined) take(now)
  })
  isLate = true
  return missing === 0 ? answers : undefined
}
