// Asking the kernel of a notebook: what the page asks a server by HTTP goes through the widget's messages here.

import { ApiError, type Call } from "./api.ts";

/** What a widget's front end gets from the notebook (the part of anywidget's interface that is used). */
export interface Model {
  get(name: string): unknown;
  on(event: string, callback: (...found: never[]) => void): void;
  off(event: string, callback: (...found: never[]) => void): void;
  send(content: unknown): void;
}

interface Said {
  id: string;
  answer?: unknown;
  error?: { kind: string; message: string };
  status?: number;
}

const PATIENCE = 30_000; // milliseconds

export class Kernel {
  readonly #waiting = new Map<string, (said: Said) => void>();
  readonly #mine = Math.random().toString(36).slice(2); // other views of this widget see the answers too
  #asked = 0;
  readonly #hear = (said: Said): void => this.#waiting.get(said?.id)?.(said);

  constructor(readonly model: Model) {
    model.on("msg:custom", this.#hear);
  }

  readonly call: Call = <T>(path: string, init: RequestInit = {}): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = `${this.#mine}-${++this.#asked}`;
      const done = (): void => {
        this.#waiting.delete(id);
        clearTimeout(timer);
        init.signal?.removeEventListener("abort", stop);
      };
      const stop = (): void => {
        done();
        reject(new DOMException("not wanted any more", "AbortError"));
      };
      const timer = setTimeout(() => {
        done();
        reject(
          new ApiError(
            "The kernel has not answered for 30 s: it runs a cell, or was restarted. Try again when it is idle, or run the cell of this picture again.",
            0,
            "offline",
          ),
        );
      }, PATIENCE);
      this.#waiting.set(id, (said) => {
        done();
        if (said.error) reject(new ApiError(said.error.message, said.status ?? 500, said.error.kind));
        else resolve(said.answer as T);
      });
      if (init.signal?.aborted) return stop();
      init.signal?.addEventListener("abort", stop);
      this.model.send({ id, ask: path });
    });

  destroy(): void {
    this.model.off("msg:custom", this.#hear);
    for (const [id, tell] of [...this.#waiting])
      tell({ id, error: { kind: "closed", message: "the picture was closed." }, status: 0 });
  }
}
