// The service, as a process. What it imports is loaded only after this: compiled code is kept for the next start, which
// takes about a third off it, and a service that is started again after a crash has unfinished answers to end. Where there
// is no place to keep it, nothing is.
import module from 'node:module';

module.enableCompileCache();
// Of our own files only: those of all packages take another third. Node 22.13 has no such choice, and maps nothing.
module.setSourceMapsSupport?.(true, { nodeModules: false });

const { run } = await import('./service.js');
await run(process.env);
