import type { Principal } from '../../authorization/principal.ts';
import { type Failed, failed, ok, type Result } from '../../errors/result.ts';
import type { SaslCredentials, SaslMechanism } from '../../gateway/credentials/sasl-credentials.ts';
import { OAuthBearerExchange } from './oauth-bearer-exchange.ts';
import { PlainExchange } from './plain-exchange.ts';
import type { SaslExchange } from './sasl-exchange.ts';
import { ScramExchange, type ScramPorts } from './scram-exchange.ts';

/** A refusal leaves after this long, as at a broker (connection.failed.authentication.delay.ms): guessing takes time. */
const refusalDelayMs = 100;

export type SaslPorts = {
  readonly credentials: SaslCredentials;
  readonly scram: ScramPorts;
  readonly pause: (ms: number) => Promise<void>;
  /** Lets the connection speak for who was found; fails when it may not be them. */
  readonly enter: (principal: Principal) => Promise<Result<null>>;
};

/** What became of a message: the reply, and whether the client has proved who it is. */
export type SaslAnswer = { readonly reply: Uint8Array; readonly isProven: boolean };

/**
 * SASL on one connection: which message may come when. A conversation begins with SaslHandshake; its messages then come
 * in SaslAuthenticate, or, after version 0 of the handshake, as frames that are nothing else. Whoever is in may begin
 * another one, to prove anew who they are (KIP-368).
 */
export class SaslSession {
  readonly #ports: SaslPorts;
  #exchange: SaslExchange | null = null;
  /** The mechanism of the first conversation that came to something: later ones keep to it. */
  #proven: SaslMechanism | null = null;
  #mechanism: SaslMechanism | null = null;
  /** The client broke the rules, or is not who it says: nothing more is heard from it. */
  isRefused = false;
  /** The next frame is a message of the mechanism and no request. */
  expectsBareMessage = false;

  constructor(ports: SaslPorts) {
    this.#ports = ports;
  }

  get mechanisms(): readonly SaslMechanism[] {
    return this.#ports.credentials.mechanisms;
  }

  /** Begins a conversation in a mechanism; `hasBareMessages` after version 0 of the handshake. */
  begin(name: string, hasBareMessages: boolean): Result<null> {
    const mechanism = this.mechanisms.find((one) => one === name);
    if (mechanism === undefined) {
      const offered = this.mechanisms.join(', ');
      return this.#refuse(
        failed('UNSUPPORTED_SASL_MECHANISM', `There is no mechanism ${JSON.stringify(name)}; use one of ${offered}.`),
      );
    }
    if (this.#exchange !== null) return this.#refuse(illegal('A conversation is under way; finish it first.'));
    if (this.#proven !== null && (mechanism !== this.#proven || hasBareMessages)) {
      return this.#refuse(illegal(`This connection was authenticated by ${this.#proven}, and is by nothing else.`));
    }
    this.#mechanism = mechanism;
    this.#exchange = this.#exchangeOf(mechanism);
    this.expectsBareMessage = hasBareMessages;
    return ok(null);
  }

  /** Takes the next message of the conversation. */
  async take(message: Uint8Array): Promise<Result<SaslAnswer>> {
    if (this.#exchange === null) {
      const refusal = illegal('No conversation is under way; begin with SaslHandshake.');
      // Who is in has only asked once too often, and loses nothing by it.
      return this.#proven === null ? this.#refuse(refusal) : refusal;
    }
    const step = await this.#exchange.next(message);
    if (!step.ok) return this.#turnAway(step);
    const { reply, principal } = step.value;
    if (principal === null) return ok({ reply, isProven: false });
    this.#exchange = null;
    this.expectsBareMessage = false;
    const entered = await this.#ports.enter(principal);
    if (!entered.ok) return this.#turnAway(entered);
    this.#proven = this.#mechanism;
    return ok({ reply, isProven: true });
  }

  #exchangeOf(mechanism: SaslMechanism): SaslExchange {
    const { credentials, scram } = this.#ports;
    switch (mechanism) {
      case 'PLAIN':
        return new PlainExchange(credentials);
      case 'SCRAM-SHA-256':
        return new ScramExchange('SHA-256', credentials, scram);
      case 'SCRAM-SHA-512':
        return new ScramExchange('SHA-512', credentials, scram);
      case 'OAUTHBEARER':
        return new OAuthBearerExchange(credentials);
    }
  }

  async #turnAway(failure: Failed): Promise<Failed> {
    await this.#ports.pause(refusalDelayMs);
    return this.#refuse(failure);
  }

  #refuse(failure: Failed): Failed {
    this.isRefused = true;
    this.#exchange = null;
    return failure;
  }
}

const illegal = (rule: string): Failed => failed('ILLEGAL_SASL_STATE', rule);
