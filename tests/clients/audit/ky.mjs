// ky as it comes: it retries by itself.
import ky from "ky";

const api = ky.create({ prefixUrl: process.env.STANDIN_BASE_URL, headers: { authorization: process.env.STANDIN_CREDENTIAL } });

for (let page = 1, pages = 1; page <= pages; page++) {
  const list = await api.get("channels", { searchParams: { page, per_page: 1 } }).json();
  pages = list.meta.pagination.total_pages;
}
const created = await api.post("channels", { json: { name: "Audited" } }).json();
const read = await api.get(`channels/${created.data.id}`).json();
if (read.data.name !== "Audited") throw new Error("another channel came back");
