"""Scripts that are joined do what the modules they were joined from do."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from interfaces.http.page.joined_scripts import join_scripts
from interfaces.http.page.minified import minified

MODULES = {
    "app.js": """
import { draw } from "./parts/draw.js";
import * as words from "./words/words.js";
const hidden = "app";
const plain = await import("./words/en.js");
void import("./screens/later.js").then((later) => {
  console.log(JSON.stringify([draw(hidden), words.t("a"), later.open(), plain.default.a]));
});
""",
    "parts/draw.js": """
import{b as html,c}from"../vendored/small.js";import lone from "./lone.js";
import { t as said } from "../words/words.js";
export function draw(text) { return html(text) + c + lone.x + said("b") + hidden; }
const hidden = "draw";
""",
    "parts/lone.js": "export default { x: 1 };\n",
    "vendored/small.js": "const a=(t)=>t+t,d=2;export{a as b,d as c};\n//# sourceMappingURL=x\n",
    "words/words.js": """
export const t = (name) => `${name}!`;
export class Words {}
export async function read() {}
""",
    "words/en.js": 'export default { a: "A" };\n',
    "screens/later.js": """
import { t } from "../words/words.js";
import { more } from "./more.js";
export const open = () => t("later") + more;
""",
    "screens/more.js": 'export const more = "more";\n',
    "sw.js": "self.alone = true;\n",
}


def printed(scripts: Mapping[str, str], folder: Path) -> str:
    (folder / "package.json").write_text('{"type": "module"}')
    for path, text in scripts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    done = subprocess.run(
        [str(shutil.which("node")), folder / "app.js"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_joined_scripts_do_what_the_modules_do(tmp_path: Path) -> None:
    forms = {
        "apart": MODULES,
        "joined": join_scripts(MODULES),
        "short": minified(join_scripts(minified(MODULES))),
    }
    for name, scripts in forms.items():
        (tmp_path / name).mkdir()
        found = json.loads(printed(scripts, tmp_path / name))
        assert found == ["appapp21b!draw", "a!", "later!more", "A"], name


def test_what_is_fetched_later_and_what_nothing_imports_are_files_of_their_own() -> None:
    joined = join_scripts(MODULES)
    assert sorted(joined) == ["app.js", "screens/later.js", "sw.js", "words/en.js"]
    assert joined["sw.js"] == MODULES["sw.js"]
    assert joined["words/en.js"] == MODULES["words/en.js"]


def test_modules_that_import_each_other_are_refused_with_their_names() -> None:
    circle = MODULES | {"parts/lone.js": 'import { draw } from "./draw.js";\nexport default {};\n'}
    with pytest.raises(ValueError, match=r"parts/draw\.js → parts/lone\.js → parts/draw\.js"):
        join_scripts(circle)
