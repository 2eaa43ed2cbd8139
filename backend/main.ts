// The service, as a process. What it imports is loaded only after this: a service that is started again after a crash has
// unfinished answers to end. Beside `--enable-source-maps`, both together take about a third of the processor time off.
import module from 'node:module';

// Compiled code is kept for the next start; where there is no place to keep it, nothing is.
module.enableCompileCache();
// Of our own files only, not of every package. Node 22.13 has no such choice, and maps nothing.
module.setSourceMapsSupport?.(true, { nodeModules: false });

const { run } = await import('./service.js');
await run(process.env);
