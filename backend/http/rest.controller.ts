import { randomUUID } from 'node:crypto';
import { HISTORY_LIMIT, type Message, ProtocolError } from '@chat-stream/protocol';
import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Query,
  Req,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import * as v from 'valibot';
import { AgentRegistry } from '../agent/agent-registry.js';
import { chatConfig } from '../chat-config.js';
import { ChatError } from '../chat-error.js';
import { HISTORY, type History } from '../history/history.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';
import { Sessions } from '../session/sessions.js';
import { AccessGuard, type IdentifiedRequest } from './access.guard.js';

import { HttpErrorFilter } from './http-error.filter.js';
import { textBody } from './request-body.js';
import { wrap, type Wrapped } from './wrapped.js';

/** Sessions in one list. */
const SESSIONS_LIMIT = 500;

const Limit = v.optional(
  v.pipe(v.string(), v.regex(/^\d{1,4}$/), v.transform(Number), v.minValue(1), v.maxValue(HISTORY_LIMIT.max)),
  String(HISTORY_LIMIT.default),
);
const MessagesQuery = v.object({ session_id: v.optional(v.string()), limit: Limit, before: v.optional(v.string()) });
const ClearQuery = v.object({ session_id: v.optional(v.string()) });
const NewSession = v.object({
  session_id: v.optional(v.string()),
  name: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
});
const Rename = v.object({ name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200)) });

/** Sessions and their messages, as the original system's REST has them. */
@Controller('api/chat')
@UseGuards(AccessGuard)
@UseFilters(HttpErrorFilter)
export class RestController {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(HISTORY) private readonly history: History,
    @Inject(AgentRegistry) private readonly agents: AgentRegistry,
    @Inject(CHAT_STREAM_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * The newest page, oldest message first; with `before` (a message's id), the page before that message. Without a session,
   * of the one that was written to last: the original UI asks so while it starts, and its first version knew no sessions.
   */
  @Get('messages')
  async messages(
    @Query() query: unknown,
    @Req() request: IdentifiedRequest,
  ): Promise<Wrapped<readonly Message[]> & { has_more: boolean }> {
    const { session_id, limit, before } = check(MessagesQuery, query);
    const id = session_id ?? (await this.latest(request));
    if (id === undefined) return { ...wrap([]), has_more: false };
    await this.owned(id, request);
    const page = await this.history.page(id, { limit, ...(before === undefined ? {} : { before }) });
    return { ...wrap(page.messages.map(({ message }) => message)), has_more: page.hasMore };
  }

  /** Without a session, the one that {@link messages} shows then; never all of them. */
  @Post('clear')
  @HttpCode(200)
  async clear(@Query() query: unknown, @Req() request: IdentifiedRequest): Promise<Wrapped<{ session_id?: string }>> {
    const { session_id = await this.latest(request) } = check(ClearQuery, query);
    if (session_id === undefined) return wrap({});
    await this.sessions.forget(session_id, request.identity.subject, 'messages');
    return wrap({ session_id });
  }

  /** The one written to last comes first. Times are epoch seconds. */
  @Get('sessions')
  async list(@Req() request: IdentifiedRequest) {
    const listed = await this.history.listSessions(request.identity.subject, { limit: SESSIONS_LIMIT });
    return wrap(
      listed.map(({ id, name, created, updated, messageCount }) => ({
        id,
        name,
        created: seconds(created),
        updated: seconds(updated),
        message_count: messageCount,
        last_message_time: seconds(updated),
      })),
    );
  }

  /** Creates a session, with an id of the client's choice or ours; a new visitor gets the token for it. */
  @Post('sessions')
  @HttpCode(200)
  async create(@Req() request: IdentifiedRequest) {
    const { session_id = randomUUID(), name } = await this.body(NewSession, request);
    const { subject, token } = request.identity;
    const session = await this.sessions.acquire(session_id, subject);
    this.sessions.release(session);
    if (name !== '') await this.history.renameSession(session_id, name);
    return wrap({ session_id, name, ...(token === undefined ? {} : { token }) });
  }

  @Put('sessions/:id')
  async rename(@Param('id') id: string, @Req() request: IdentifiedRequest) {
    const { name } = await this.body(Rename, request);
    await this.owned(id, request);
    await this.history.renameSession(id, name);
    return wrap({ session_id: id, name });
  }

  @Delete('sessions/:id')
  async remove(@Param('id') id: string, @Req() request: IdentifiedRequest) {
    await this.sessions.forget(id, request.identity.subject, 'everything');
    return wrap({ session_id: id });
  }

  @Get('config')
  config() {
    return wrap(chatConfig(this.agents.default, this.options));
  }

  /** The first version of the original UI sends its settings here. They are the operator's: what there is comes back. */
  @Post('config')
  @HttpCode(200)
  keepConfig() {
    return this.config();
  }

  /** The session that was written to last. */
  private async latest({ identity }: IdentifiedRequest): Promise<string | undefined> {
    const listed = await this.history.listSessions(identity.subject, { limit: SESSIONS_LIMIT });
    // One that was only given a name was not written to.
    return listed.find(({ messageCount }) => messageCount > 0)?.id;
  }

  private async owned(id: string, { identity }: IdentifiedRequest): Promise<void> {
    const record = await this.history.getSession(id);
    if (record === undefined || record.owner !== identity.subject) {
      throw new ChatError('not_found', 'Session not found');
    }
  }

  private async body<T>(schema: v.GenericSchema<unknown, T>, request: IdentifiedRequest): Promise<T> {
    const text = await textBody(request, this.options.limits);
    try {
      return check(schema, JSON.parse(text === '' ? '{}' : text));
    } catch (error) {
      if (error instanceof SyntaxError) throw new ProtocolError('bad_json', 'The body is not JSON.');
      throw error;
    }
  }
}

function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const field = v.getDotPath(result.issues[0]) ?? 'request';
  throw new ChatError('bad_message', `"${field}" is not as it must be.`);
}

function seconds(iso: string): number {
  return Date.parse(iso) / 1000;
}
