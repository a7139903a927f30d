// axios with axios-retry, as its README sets it up.
import axios from "axios";
import axiosRetry from "axios-retry";

const api = axios.create({ baseURL: process.env.STANDIN_BASE_URL, headers: { Authorization: process.env.STANDIN_CREDENTIAL } });
axiosRetry(api, { retries: 3 });

for (let page = 1, pages = 1; page <= pages; page++) {
  const { data } = await api.get("/channels", { params: { page, per_page: 1 } });
  pages = data.meta.pagination.total_pages;
}
const created = await api.post("/channels", { name: "Audited" });
const read = await api.get(`/channels/${created.data.data.id}`);
if (read.data.data.name !== "Audited") throw new Error("another channel came back");
