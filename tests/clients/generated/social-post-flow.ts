import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./social-post-flow.types.js";

type Post = components["schemas"]["Post"];

/** Posts for several profiles at once, their queue, and what is said of one that breaks the rules of its type. */
export async function walk(fake: { base: string; key: string; advance: (by: string) => Promise<unknown> }): Promise<void> {
  const client = createClient<paths>({ baseUrl: fake.base, headers: { Authorization: `Bearer ${fake.key}`, Accept: "application/json" } });

  const user = (await client.GET("/user")).data!.data;
  assert.equal(user.has_access, true);
  const profiles = (await client.GET("/profiles", { params: { query: { post_type: "text", per_page: 100 } } })).data!;
  const [first, second] = profiles.data.filter((profile) => profile.connected);
  assert.ok(first && second);

  const both = { profile_ids: [second.id, first.id] };
  const made = await client.POST("/posts", { body: { ...both, post_type: "text", text: "From a generated client", schedule_type: "queue_end" } });
  assert.equal(made.response.status, 201);
  const posts: Post[] = made.data!.data;
  assert.deepEqual(posts.map((post) => post.social_profile_id), [second.id, first.id]);
  assert.ok(posts.every((post) => post.status === "scheduled"));

  const path = { id: posts[0]!.id };
  const moved = await client.PUT("/posts/{id}", {
    params: { path },
    body: { profile_ids: [second.id], post_type: "text", text: "Sooner", schedule_type: "immediate" },
  });
  assert.equal(moved.data!.data.text, "Sooner");
  await fake.advance("PT10M");
  const posted = (await client.GET("/posts/{id}", { params: { path } })).data!.data;
  assert.equal(posted.status, "posted");
  assert.ok(posted.posted_at);
  const list = (await client.GET("/posts", { params: { query: { status: "posted", order_by: "posted_at", order: "desc", per_page: 1 } } })).data!;
  assert.deepEqual([list.data[0]!.id, list.meta.current_page, list.meta.per_page], [posted.id, 1, 1]);

  const wrong = await client.POST("/posts", { body: { ...both, post_type: "link", text: "No address", schedule_type: "immediate" } });
  assert.equal(wrong.response.status, 422);
  assert.deepEqual(Object.keys(wrong.error!.errors ?? {}), ["url"]);
  assert.equal((await client.DELETE("/posts/{id}", { params: { path } })).response.status, 204);
  assert.equal((await client.GET("/posts/{id}", { params: { path } })).response.status, 404);
}
