import { readFlights } from '../../examples/flights/flight-file.ts';
import type { Client } from '../../src/client/index.ts';

/** A topic with the first flights of the file, each at the time of its departure, in the order of these times. */
export async function fillFlights(client: Client, topic: string, count: number): Promise<readonly number[]> {
  const flights: { readonly key: string; readonly value: string; readonly timestamp: number }[] = [];
  for await (const { origin, json } of readFlights(count)) {
    const { date } = JSON.parse(json) as { date: string };
    flights.push({ key: origin, value: json, timestamp: Date.parse(`${date}Z`) });
  }
  flights.sort((a, b) => a.timestamp - b.timestamp);
  await client.topics.create({ name: topic, partitions: 2, config: { 'retention.ms': -1 } });
  await using producer = client.producer({ topic });
  for (const flight of flights) void producer.send(flight);
  await producer.flush();
  return flights.map(({ timestamp }) => timestamp);
}
