/**
 * Making and deleting models, by the gateway's routes.
 * @module
 */

import { ApiError } from "./errors.js";
import { arrived, put } from "./upload.js";

/** @import { Api } from "./client.js" */

/**
 * A model whose files are awaited.
 * @typedef {{ name: string, createTime: string, status: { message: string } }} UnfinishedModel
 */

/**
 * What a new model is to be.
 * @typedef {{ displayName?: string, public?: boolean, conversationConfig?: { style: string, system?: string, template?: string } }} NewModel
 */

/**
 * Begins a model, which is UPLOADING then.
 * @param {Api} api
 * @param {string} account
 * @param {string} modelId
 * @param {NewModel} model
 * @returns {Promise<string>} its full name
 */
export async function beginModel(api, account, modelId, model) {
  return (await api.post(`/v1/accounts/${account}/models`, { modelId, model })).name;
}

/**
 * Sends the weights of an UPLOADING model; goes on where an earlier call was cut.
 * @param {Api} api
 * @param {string} name full
 * @param {File} file
 * @param {{ onProgress: (sent: number) => void, signal: AbortSignal }} options
 */
export async function sendWeights(api, name, file, { onProgress, signal }) {
  const announced = { filenameToSize: { [file.name]: file.size } };
  const reply = await api.post(`/v1/${name}:getUploadEndpoint`, announced);
  signal.throwIfAborted();
  // The server names itself as it was asked; a proxy may have changed that, the path it has not.
  const { pathname } = new URL(reply.filenameToSignedUrls[file.name]);
  const from = await arrived(pathname, file.size, signal);
  onProgress(from);
  if (from < file.size) await put(pathname, file, { onProgress, signal, from });
}

/**
 * Has the server look at the files of an UPLOADING model, which makes it READY.
 * @param {Api} api
 * @param {string} name full
 */
export async function finishModel(api, name) {
  await api.get(`/v1/${name}:validateUpload`);
}

/**
 * Deletes a model; resolves when its last running request has ended.
 * @param {Api} api
 * @param {string} name full
 */
export async function deleteModel(api, name) {
  await api.delete(`/v1/${name}`);
}

/**
 * Deletes what has arrived of a model; it may be gone already.
 * @param {Api} api
 * @param {string} name full
 */
export async function discardUpload(api, name) {
  try {
    await deleteModel(api, name);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}

/**
 * The models of an account whose files are awaited, the newest first.
 * @param {Api} api
 * @param {string} account
 * @returns {Promise<UnfinishedModel[]>} at most 200
 */
export async function unfinishedModels(api, account) {
  const query = new URLSearchParams({
    filter: "state=UPLOADING",
    orderBy: "createTime desc",
    pageSize: "200",
  });
  return (await api.get(`/v1/accounts/${account}/models?${query}`)).models;
}
