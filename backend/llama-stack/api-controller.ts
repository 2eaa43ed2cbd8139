import { applyDecorators, Controller, UseFilters, UseGuards } from '@nestjs/common';
import { AccessGuard } from '../http/access.guard.js';
import { DetailFilter } from './detail.filter.js';

/** Servers since 0.3 have both; the clients on npm ask for the first. */
export const API_PATHS = ['v1', 'v1alpha'];

/** Where agents are. */
export const AGENTS_PATHS = API_PATHS.map((path) => `${path}/agents`);

/** What is asked for beside agents. Also where pages of other origins may ask. */
export const SERVER_PATHS = API_PATHS.flatMap((path) =>
  ['models', 'tools', 'toolgroups', 'shields', 'tool-runtime', 'health', 'version'].map((name) => `${path}/${name}`),
);

/** A controller of this API: only for who may ask, and refusals in the words of a Llama Stack server. */
export function ApiController(paths: string[]): ClassDecorator {
  return applyDecorators(Controller(paths), UseGuards(AccessGuard), UseFilters(DetailFilter));
}
