"""Scripts without their spaces do what they did before."""

import json
import shutil
import subprocess

from interfaces.http.page.spaces import script_without_spaces

SCRIPT = r"""
const a = 1, b = 2 ;
const sum = a + +b - -a;
const text = "two  spaces, 'quoted' // no comment" + 'it\'s  "so"';
const nested = `  ${ [ a , b ].map( ( each ) =>
  `<b>  ${ { each }.each + 1 }  </b>` ).join( " " ) }  \` \${ $ `;
const regular = [ /[/ ]  x/.test( "/  x" ) , "a / b".split( / \/ /.source ) , a / b / 2 ];
function found ( ) {
  return /^ +"/.exec( '  "' )
}
class Kept { #busy = false
  static of = ( ) => new Kept ( )
  get busy ( ) { return this.#busy }
}
let n = 1
n
++n
const lines = typeof n in { number : 1 } ? "in" : "out"
export default [ sum , text , nested , regular , found ( )[ 0 ] , Kept.of( ).busy , n , lines ]
"""


def value(script: str) -> object:
    printed = script.replace("export default", "console.log(JSON.stringify(") + "))"
    done = subprocess.run(
        [str(shutil.which("node")), "--input-type=module", "--eval", printed],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_script_without_spaces_does_what_it_did() -> None:
    short = script_without_spaces(SCRIPT)
    assert len(short) < len(SCRIPT) - 80
    assert value(short) == value(SCRIPT)


def test_what_people_read_keeps_its_spaces() -> None:
    assert script_without_spaces("t( `a  ${ x }  b` , 'c  d' )") == "t(`a  ${x}  b`,'c  d')"
