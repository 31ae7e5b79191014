import { spawn } from 'node:child_process';

/** A program that a provision step needs is not on the PATH. The message says which, what for, and how to go on. */
export class MissingToolError extends Error {
  constructor(tool: string, purpose: string) {
    super(`${tool} is not on the PATH; it is needed to ${purpose}`);
    this.name = 'MissingToolError';
  }
}

/**
 * Runs a tool to its end and answers its standard output.
 * Fails with MissingToolError where it isn't installed, or with the end of what it printed where it fails.
 */
export function runTool(
  tool: string,
  args: readonly string[],
  options: { purpose: string; cwd?: string; env?: Record<string, string> },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const all: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk);
      all.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => all.push(chunk));
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new MissingToolError(tool, options.purpose) : error);
    });
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const tail = Buffer.concat(all).toString().trim().split('\n').slice(-25).join('\n');
      reject(new Error(`could not ${options.purpose}: ${tool} ${args[0]} ended with ${signal ?? code}\n${tail}`));
    });
  });
}
