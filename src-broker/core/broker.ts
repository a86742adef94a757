/** One broker. */
export class Broker {}
