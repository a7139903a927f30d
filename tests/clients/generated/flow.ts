import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./flow.types.js";

type Post = components["schemas"]["Post"];

/** A post from its creation to its delivery, and what a client is told when it errs. */
export async function walk(fake: { base: string; key: string; advance: (by: string) => Promise<unknown> }): Promise<void> {
  const client = createClient<paths>({ baseUrl: fake.base, headers: { Authorization: `Bearer ${fake.key}` } });

  const channels = await client.GET("/channels", { params: { query: { per_page: 1 } } });
  const channel = channels.data!.data![0]!;
  assert.equal(channels.data!.meta!.pagination.per_page, 1);

  const created = await client.POST("/posts", { body: { channelId: channel.id!, content: "From a generated client" } });
  assert.equal(created.response.status, 201);
  const post: Post = created.data!.data!;
  assert.equal(post.status, "queued");
  await fake.advance("PT1M");
  const read = await client.GET("/posts/{id}", { params: { path: { id: post.id! } } });
  assert.equal(read.data!.data!.status, "done");

  const refused = await client.POST("/posts", { body: { channelId: "channel_of_nobody", content: "x" } });
  assert.equal(refused.response.status, 404);
  assert.equal(refused.error!.error!.code, "RESOURCE_NOT_FOUND");
  const gone = await client.DELETE("/posts/{id}", { params: { path: { id: "post_of_nobody" } } });
  assert.equal(gone.response.status, 404);
}
