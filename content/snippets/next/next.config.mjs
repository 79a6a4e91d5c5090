import { resolve } from "node:path";

// The packages lie beside the folder of the runs, not in this one.
export default { turbopack: { root: resolve("../..") } };
