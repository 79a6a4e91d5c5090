// Spells the scripts of standard input, one JSON array a line, with the script of the written site.
import fs from "node:fs";
import vm from "node:vm";

vm.runInThisContext(fs.readFileSync(process.argv[2], "utf8"));
for (const line of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  let told;
  try {
    told = { forms: globalThis.statuarySpell(...JSON.parse(line)) };
  } catch (error) {
    told = { expected: error.expected, position: error.position };
  }
  console.log(JSON.stringify(told));
}
