import { createReadStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ImageFolder } from "./image-folder.ts";
import { TraceReader } from "./trace-reader.ts";

/** What is needed to cut the power of a recording at the same places again. */
export interface AboutRecording {
  readonly seed: number;
  readonly images: number;
  readonly isDiskLying: boolean;
  /** With both: every place between these two instead, with every fate. */
  readonly from?: number;
  readonly to?: number;
}

/** A folder in which a program lived, and the trace of each of its lives beside it. */
export class Recording {
  readonly folder: ImageFolder;
  readonly reader: TraceReader;
  readonly #base: string;
  #lives = 0;

  private constructor(base: string) {
    this.#base = base;
    const path = join(base, "data");
    this.folder = new ImageFolder(path);
    this.reader = new TraceReader(path);
  }

  /** An empty one, in a folder of its own under `parent`. */
  static async make(parent: string): Promise<Recording> {
    const base = await mkdtemp(join(parent, "cut-"));
    await mkdir(join(base, "data"));
    return new Recording(base);
  }

  /** One that was kept, where it was recorded: what a trace says is of that place. */
  static async find(
    base: string,
  ): Promise<{ readonly recording: Recording; readonly about: AboutRecording }> {
    const about = JSON.parse(await readFile(join(base, ABOUT), "utf8")) as AboutRecording;
    const recording = new Recording(base);
    while (existsSync(recording.nextTrace)) await recording.readNext();
    return { recording, about };
  }

  /** Where the trace of the next life belongs. */
  get nextTrace(): string {
    return join(this.#base, `life-${this.#lives}.trace`);
  }

  /** Takes in what befell the folder in one more life. */
  async readNext(): Promise<void> {
    this.reader.beginProcess();
    const lines = createInterface({ input: createReadStream(this.nextTrace) });
    for await (const line of lines) this.reader.readLine(line);
    this.#lives++;
  }

  /** Leaves all of it on the disk, to be judged again; returns where. */
  async keep(about: AboutRecording): Promise<string> {
    await writeFile(join(this.#base, ABOUT), JSON.stringify(about));
    return this.#base;
  }

  remove(): Promise<void> {
    return rm(this.#base, { recursive: true, force: true });
  }
}

const ABOUT = "recording.json";
