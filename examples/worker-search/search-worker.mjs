// @ts-check
// The worker as an object whose methods return promises.
import { Worker } from 'node:worker_threads';

/** @import { Answers, Reply, RequestName, Requests } from './messages.js' */

export class SearchWorker {
  #worker = new Worker(new URL('./worker.mjs', import.meta.url));
  /** @type {Map<number, { resolve(answer: any): void, reject(error: Error): void }>} */
  #waiting = new Map();
  #asked = 0;

  constructor() {
    this.#worker.on('message', (/** @type {Reply} */ reply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ('error' in reply) waiting?.reject(Object.assign(new Error(), reply.error));
      else waiting?.resolve(reply.answer);
    });
    // A worker that ends leaves nobody waiting.
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`The worker ended with ${code}.`)));
  }

  /** @param {string[]} texts */
  add(texts) {
    return this.#ask('add', { texts });
  }

  /**
   * @param {string} question
   * @param {number} k
   */
  search(question, k) {
    return this.#ask('search', { question, k });
  }

  async close() {
    await this.#ask('close', {});
    await this.#worker.terminate();
  }

  /**
   * @template {RequestName} Name
   * @param {Name} name
   * @param {Requests[Name]} body
   * @returns {Promise<Answers[Name]>}
   */
  #ask(name, body) {
    const id = this.#asked++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, body });
    });
  }

  /** @param {Error} error */
  #fail(error) {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
