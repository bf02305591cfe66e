"""Scripts and styles that were made short do what they did before."""

import json
import shutil
import subprocess

import pytest

from interfaces.http.page.minified import minified

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
const lines = typeof n in { number : 1 } ? "in" : "out" // said
/** @param {import("./none.js").None} none */
const unknown = ( none ) => none === undefined ? [ ...arguments_( 1, 2 ) ] : none?.[ 0 ] ?? void 0;
function arguments_ ( ...given ) {
  for ( const each of given ) if ( each > 1 ) return given; else continue
  return [ ]
}
export default [ sum , text , nested , regular , found ( )[ 0 ] , Kept.of( ).busy , n , lines ,
  unknown ( ) ]
"""


def short(script: str) -> str:
    return minified({"script.js": script})["script.js"]


def value(script: str) -> object:
    printed = script.replace("export default", "console.log(JSON.stringify(").rstrip(";\n") + "))"
    done = subprocess.run(
        [str(shutil.which("node")), "--input-type=module", "--eval", printed],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_short_script_does_what_it_did() -> None:
    assert len(short(SCRIPT)) < len(SCRIPT) - 300
    assert value(short(SCRIPT)) == value(SCRIPT)


def test_what_people_read_keeps_its_spaces() -> None:
    assert short("t( `a  ${ x }  b` , 'c  d' )") == 't(`a  ${x}  b`,"c  d")'


def test_the_licence_of_others_stays() -> None:
    assert "Copyright 2020" in short("/**\n * @license\n * Copyright 2020 Them\n */ run()")


def test_each_start_of_the_server_makes_the_same() -> None:
    assert short(SCRIPT) == short(SCRIPT)


def test_a_file_that_is_no_script_is_refused_in_words() -> None:
    with pytest.raises(RuntimeError, match="The page cannot be made short"):
        short("const = ;")
