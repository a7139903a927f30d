import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./voxburst.types.js";

type Post = components["schemas"]["Post"];

/** A batch in part, a post that fails on one network and is mended, a version that is out of date, and a picture. */
export async function walk(fake: { base: string; key: string; advance: (by: string) => Promise<unknown> }): Promise<void> {
  const client = createClient<paths>({ baseUrl: fake.base, headers: { Authorization: `Bearer ${fake.key}` } });

  const accounts = (await client.GET("/accounts", { params: { query: { status: "ACTIVE", limit: 100 } } })).data!;
  const twitter = accounts.data.find((account) => account.platform === "twitter")!;
  const linkedin = accounts.data.find((account) => account.platform === "linkedin")!;

  const bulk = await client.POST("/posts/bulk", {
    body: { posts: [{ content: "One", accountIds: [twitter.id] }, { content: "Two", accountIds: ["acc_nobody"] }] },
  });
  assert.equal(bulk.response.status, 207);
  assert.deepEqual(bulk.data!.results.map((result) => result.status), ["created", "failed"]);

  const created = await client.POST("/posts", {
    params: { header: { "Idempotency-Key": "generated-1" } },
    body: { content: "[flaky:twitter] Hello", accountIds: [twitter.id, linkedin.id] },
  });
  const draft: Post = created.data!;
  const params = { path: { id: draft.id } };
  const stale = await client.PATCH("/posts/{id}", { params, body: { content: "Other", version: draft.version + 7 } });
  assert.deepEqual([stale.response.status, stale.error!.error.code], [409, "CONFLICT"]);

  assert.equal((await client.POST("/posts/{id}/publish", { params })).response.status, 202);
  await fake.advance("PT10M");
  const partial = (await client.GET("/posts/{id}", { params })).data!;
  assert.equal(partial.status, "partial");
  const failed = partial.platforms.find((target) => target.status === "failed")!;
  assert.equal(failed.platform, "twitter");
  const fixed = await client.POST("/posts/{id}/platforms/{platformId}/fix", {
    params: { path: { id: draft.id, platformId: failed.postPlatformId } },
    body: { content: "Hello, mended" },
  });
  assert.equal(fixed.response.status, 202);
  await fake.advance("PT10M");
  assert.equal((await client.GET("/posts/{id}", { params })).data!.status, "published");

  const picture = new Uint8Array([0xff, 0xd8, 0xff, 0xe0]);
  const upload = (await client.POST("/media/upload", { body: { filename: "cat.jpg", contentType: "image/jpeg", sizeBytes: picture.length } })).data!;
  const put = await fetch(upload.uploadUrl, { method: "PUT", headers: upload.uploadHeaders, body: picture });
  assert.equal(put.status, 200);
  await fake.advance("PT1M");
  const media = (await client.GET("/media/{id}", { params: { path: { id: upload.mediaId } } })).data!;
  assert.equal(media.status, "ready");
  assert.deepEqual(new Uint8Array(await (await fetch(media.url!)).arrayBuffer()), picture);
}
