"""Take MediaPipe's face mesh and pose from their npm packages into our static files, made fit for a strict CSP.

    npm pack @mediapipe/face_mesh@0.4.1657299874
    npm pack @mediapipe/pose@0.5.1675469404
    python scripts/vendor_mediapipe.py face_mesh mediapipe-face_mesh-0.4.1657299874.tgz
    python scripts/vendor_mediapipe.py pose mediapipe-pose-0.5.1675469404.tgz

The packages are checked against the hashes that npm publishes. Two things are changed, and nothing else:

- the face mesh's glue code builds three functions from strings, for which a page would have to allow `unsafe-eval`;
  each is replaced by one that does the same with a closure, as later releases of Emscripten do, the pose's among them
  (DYNAMIC_EXECUTION=0);
- in a worker they forget to keep their WebGL context, ask for none of version 2 (a name mangled by their minifier), and
  the pose takes its model for a script.

What was written, with its hashes, is in SHA256SUMS beside it.
"""

import base64
import hashlib
import re
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parents[1] / "conversations" / "static" / "conversations" / "vendor"


@dataclass(frozen=True)
class Solution:
    """A package of MediaPipe's: what is taken from it, and what is changed in which file."""

    package: str
    integrity: str
    files: Sequence[str]
    changes: Mapping[str, Callable[[str], str]]


CREATE_NAMED_FUNCTION = """\
function createNamedFunction(name,body){name=makeLegalFunctionName(name);\
return {[name]:function(){return body.apply(this,arguments)}}[name]}"""

CRAFT_INVOKER_FUNCTION = """\
function craftInvokerFunction(humanName,argTypes,classType,cppInvokerFunc,cppTargetFunc){var argCount=argTypes.length;\
if(argCount<2){throwBindingError("argTypes array size mismatch! Must at least get return value and 'this' types!")}\
var isClassMethodFunc=argTypes[1]!==null&&classType!==null;\
var needsDestructorStack=argTypes.slice(1).some(type=>type!==null&&type.destructorFunction===undefined);\
var returns=argTypes[0].name!=="void";var first=isClassMethodFunc?1:2;\
return {[makeLegalFunctionName(humanName)]:function(){if(arguments.length!==argCount-2){throwBindingError(\
"function "+humanName+" called with "+arguments.length+" arguments, expected "+(argCount-2)+" args!")}\
var destructors=needsDestructorStack?[]:null;var wired=[];\
for(var i=first;i<argCount;++i){wired.push(argTypes[i].toWireType(destructors,i===1?this:arguments[i-2]))}\
var rv=cppInvokerFunc(cppTargetFunc,...wired);\
if(needsDestructorStack){runDestructors(destructors)}else{for(var i=first;i<argCount;++i){\
if(argTypes[i].destructorFunction!==null){argTypes[i].destructorFunction(wired[i-first])}}}\
if(returns){return argTypes[0].fromWireType(rv)}}}[makeLegalFunctionName(humanName)]}"""

GET_METHOD_CALLER = """\
function __emval_get_method_caller(argCount,argTypes){var types=__emval_lookupTypes(argCount,argTypes);\
var retType=types[0];var signatureName=retType.name+"_$"+types.slice(1).map(function(t){return t.name}).join("_")+"$";\
var returnId=emval_registeredMethods[signatureName];if(returnId!==undefined){return returnId}\
var invokerFunction=function(handle,name,destructors,args){var values=[];\
for(var i=1;i<argCount;++i){values.push(types[i].readValueFromPointer(args));args+=types[i]["argPackAdvance"]}\
var rv=handle[name](...values);\
for(var i=1;i<argCount;++i){if(types[i]["deleteObject"]){types[i].deleteObject(values[i-1])}}\
if(!retType.isVoid){return retType.toWireType(destructors,rv)}};\
returnId=__emval_addMethodCaller(invokerFunction);emval_registeredMethods[signatureName]=returnId;return returnId}"""

# What a solution lacks in a worker: (as it is, as it must be)
IN_A_WORKER = {
    "face_mesh": (
        (
            'va:"undefined"!==typeof WebGL2RenderingContext?2:1}',
            'majorVersion:"undefined"!==typeof WebGL2RenderingContext?2:1}',
        ),
        ("a.h.GL.makeContextCurrent(g);", "a.h.GL.makeContextCurrent(g);a.J=a.h.GL.currentContext.GLctx;"),
    ),
    "pose": (
        (
            'va:"undefined"!==typeof WebGL2RenderingContext?2:1}',
            'majorVersion:"undefined"!==typeof WebGL2RenderingContext?2:1}',
        ),
        ("a.i.GL.makeContextCurrent(g);", "a.i.GL.makeContextCurrent(g);a.K=a.i.GL.currentContext.GLctx;"),
        (
            "d=b.filter(function(n){return void 0===n.simd||n.simd&&c||!n.simd&&!c})",
            "d=b.filter(function(n){return void 0===n.data&&(void 0===n.simd||n.simd&&c||!n.simd&&!c)})",
        ),
    ),
}
# In the glue code: (function, what comes after it, replacement)
REPLACED = (
    ("createNamedFunction", "var emval_handle_array", CREATE_NAMED_FUNCTION),
    ("craftInvokerFunction", "function heap32VectorToArray", CRAFT_INVOKER_FUNCTION),
    ("__emval_get_method_caller", "function __emval_incref", GET_METHOD_CALLER),
)


def main(name: str, package: Path) -> None:
    solution = SOLUTIONS[name]
    check(package, solution.integrity)
    target = VENDOR / name
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(package) as archive:
        for file in solution.files:
            member = archive.extractfile(f"package/{file}")
            if member is None:
                raise SystemExit(f"{package} holds no {file}: is it {solution.package}?")
            change = solution.changes.get(file)
            content = member.read()
            (target / file).write_bytes(change(content.decode()).encode() if change else content)
    lines = [f"{hashlib.sha256((target / file).read_bytes()).hexdigest()}  {file}\n" for file in solution.files]
    (target / "SHA256SUMS").write_text("".join(lines))


def check(package: Path, integrity: str) -> None:
    """Raises SystemExit if this is not the package that npm publishes."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if found != integrity:
        raise SystemExit(f"{package} is not the published package: {found} instead of {integrity}")


def without_strings(glue: str) -> str:
    """The glue code with nothing made from strings. Raises SystemExit if it is not as expected."""
    for name, following, replacement in REPLACED:
        pattern = re.compile(rf"function {name}\(.*?(?={re.escape(following)})", re.DOTALL)
        glue, count = pattern.subn(lambda _, text=replacement: text, glue)  # type: ignore[misc]  # mypy knows no defaults of a lambda
        if count != 1:
            raise SystemExit(f"{count} functions named {name} where one was expected")
    return free_of_strings(glue)


def free_of_strings(glue: str) -> str:
    """The glue code as it is. Raises SystemExit if it makes functions from strings."""
    if "new Function" in glue or "new_(Function" in glue or "eval(" in glue:
        raise SystemExit("the glue code still makes functions from strings")
    return glue


def fit_for_a_worker(name: str) -> Callable[[str], str]:
    """Gives a solution's script what it lacks in a worker. That raises SystemExit if it is not as expected."""

    def fitted(script: str) -> str:
        for before, after in IN_A_WORKER[name]:
            if script.count(before) != 1:
                raise SystemExit(f"{script.count(before)} times {before!r} where one was expected")
            script = script.replace(before, after)
        return script

    return fitted


SOLUTIONS = {
    "face_mesh": Solution(
        "@mediapipe/face_mesh 0.4.1657299874",
        "sha512-Jdza+77HjDH4SQ6/DAYmnKUYdh2fU1GbhuGqXZbkK5rnJKpZLZe5KQeJmwUq9dmkYkCPSq4oe9vmcuveRPpwag==",
        (
            "face_mesh.js",
            "face_mesh.binarypb",
            "face_mesh_solution_simd_wasm_bin.js",
            "face_mesh_solution_simd_wasm_bin.wasm",
            "face_mesh_solution_packed_assets_loader.js",
            "face_mesh_solution_packed_assets.data",
        ),
        {
            "face_mesh_solution_simd_wasm_bin.js": without_strings,
            "face_mesh.js": fit_for_a_worker("face_mesh"),
        },
    ),
    "pose": Solution(
        "@mediapipe/pose 0.5.1675469404",
        "sha512-DFZsNWTsSphRIZppnUCuunzBiHP2FdJXR9ehc7mMi4KG+oPaOH0Em3d6kr7Py+TSyTXC1doH88KcF28k2sBxsQ==",
        (
            "pose.js",
            "pose_web.binarypb",
            "pose_solution_simd_wasm_bin.js",
            "pose_solution_simd_wasm_bin.wasm",
            "pose_solution_packed_assets_loader.js",
            "pose_solution_packed_assets.data",
            "pose_landmark_lite.tflite",
        ),
        {"pose_solution_simd_wasm_bin.js": free_of_strings, "pose.js": fit_for_a_worker("pose")},
    ),
}

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
