/** Draws the profiles that a run has left in a folder. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CpuProfile, flameGraph, hotSpots } from './flame-graph.js';

const HOT_SPOTS = 12;

/** Writes NAME.svg beside each NAME.cpuprofile and answers the hottest functions of each as text. */
export async function renderProfiles(folder: string, title: string): Promise<string> {
  let text = '';
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile')).sort()) {
    const profile = JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile;
    const svg = join(folder, file.replace(/\.cpuprofile$/, '.svg'));
    await writeFile(svg, flameGraph(profile, `${title} ${file}`));
    text += `${svg}\n`;
    for (const { name, place, share } of hotSpots(profile, HOT_SPOTS)) {
      text += `  ${(share * 100).toFixed(1).padStart(5)} %  ${name}  ${place}\n`;
    }
  }
  return text;
}
