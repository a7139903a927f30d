import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./socialflow.types.js";

/** From a key and its secret to a published post that analytics know, and to a token that has expired. */
export async function walk(fake: { base: string; advance: (by: string) => Promise<unknown> }): Promise<void> {
  const stranger = createClient<paths>({ baseUrl: fake.base });
  const issued = await stranger.POST("/auth/token", { body: { api_key: "test_key", api_secret: "test_secret" } });
  const token = issued.data!;
  assert.equal(token.expires_in, 3600);
  const wrong = await stranger.POST("/auth/token", { body: { api_key: "test_key", api_secret: "guessed" } });
  assert.equal(wrong.error!.error.code, "invalid_credentials");
  const nobody = await stranger.GET("/posts");
  assert.equal(nobody.error!.error.code, "unauthorized");

  const client = createClient<paths>({ baseUrl: fake.base, headers: { Authorization: `Bearer ${token.access_token}` } });
  const draft = (await client.POST("/posts", { body: { content: "From a generated client", platforms: ["twitter", "instagram"] } })).data!;
  assert.deepEqual([draft.status, draft.scheduled_at], ["draft", null]);
  const soon = new Date(Date.parse(draft.created_at) + 60_000).toISOString();
  const scheduled = await client.PATCH("/posts/{id}", { params: { path: { id: draft.id } }, body: { scheduled_at: soon } });
  assert.equal(scheduled.data!.status, "scheduled");
  const calendar = await client.GET("/schedules", { params: { query: { status: "scheduled", limit: 100 } } });
  assert.ok(calendar.data!.data.some((entry) => entry.post_id === draft.id));

  await fake.advance("PT10M");
  const published = (await client.GET("/posts/{id}", { params: { path: { id: draft.id } } })).data!;
  assert.equal(published.status, "published");
  const posts = (await client.GET("/posts", { params: { query: { status: "published", limit: 100 } } })).data!;
  const week = posts.data.filter((post) => Date.parse(post.published_at!) > Date.parse(soon) + 9 * 60_000 - 7 * 86_400_000);
  assert.ok(week.some((post) => post.id === draft.id));
  const overview = (await client.GET("/analytics/overview", { params: { query: { period: "7d" } } })).data!;
  assert.equal(overview.total_posts, week.length);

  const accounts = (await client.GET("/accounts", { params: { query: { status: "connected" } } })).data!;
  const times = (await client.GET("/schedules/optimal-times", { params: { query: { timezone: "Europe/Berlin" } } })).data!;
  assert.ok(times.optimal_times.every((time) => accounts.data.some((account) => account.platform === time.platform)));

  const invalid = await client.POST("/posts", { body: { content: "x".repeat(2001), platforms: ["twitter"] } });
  assert.deepEqual([invalid.response.status, invalid.error!.error.code], [422, "validation_error"]);
  await fake.advance("PT1H");
  const late = await client.GET("/posts");
  assert.deepEqual([late.response.status, late.error!.error.code], [401, "token_expired"]);
}
