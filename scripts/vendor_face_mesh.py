"""Take MediaPipe's face mesh from its npm package into our static files, made fit for a strict CSP.

    npm pack @mediapipe/face_mesh@0.4.1657299874
    python scripts/vendor_face_mesh.py mediapipe-face_mesh-0.4.1657299874.tgz

The package is checked against the hash that npm publishes. Two things are changed, and nothing else:

- its glue code builds three functions from strings, for which a page would have to allow `unsafe-eval`; each is
  replaced by one that does the same with a closure, as later releases of Emscripten do (DYNAMIC_EXECUTION=0);
- in a worker it forgets to keep its WebGL context, and asks for none of version 2 (a name mangled by its minifier).

What was written, with its hashes, is in SHA256SUMS beside it.
"""

import base64
import hashlib
import re
import sys
import tarfile
from pathlib import Path

INTEGRITY = "sha512-Jdza+77HjDH4SQ6/DAYmnKUYdh2fU1GbhuGqXZbkK5rnJKpZLZe5KQeJmwUq9dmkYkCPSq4oe9vmcuveRPpwag=="
TARGET = Path(__file__).parents[1] / "conversations" / "static" / "conversations" / "vendor" / "face_mesh"
GLUE = "face_mesh_solution_simd_wasm_bin.js"
FILES = (
    "face_mesh.js",
    "face_mesh.binarypb",
    GLUE,
    "face_mesh_solution_simd_wasm_bin.wasm",
    "face_mesh_solution_packed_assets_loader.js",
    "face_mesh_solution_packed_assets.data",
)

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

# In face_mesh.js: (as it is, as it must be)
IN_A_WORKER = (
    (
        'va:"undefined"!==typeof WebGL2RenderingContext?2:1}',
        'majorVersion:"undefined"!==typeof WebGL2RenderingContext?2:1}',
    ),
    ("a.h.GL.makeContextCurrent(g);", "a.h.GL.makeContextCurrent(g);a.J=a.h.GL.currentContext.GLctx;"),
)
# In the glue code: (function, what comes after it, replacement)
REPLACED = (
    ("createNamedFunction", "var emval_handle_array", CREATE_NAMED_FUNCTION),
    ("craftInvokerFunction", "function heap32VectorToArray", CRAFT_INVOKER_FUNCTION),
    ("__emval_get_method_caller", "function __emval_incref", GET_METHOD_CALLER),
)


def main(package: Path) -> None:
    check(package, INTEGRITY)
    TARGET.mkdir(parents=True, exist_ok=True)
    with tarfile.open(package) as archive:
        for name in FILES:
            member = archive.extractfile(f"package/{name}")
            if member is None:
                raise SystemExit(f"{package} holds no {name}: is it @mediapipe/face_mesh 0.4.1657299874?")
            change = CHANGES.get(name)
            content = member.read()
            (TARGET / name).write_bytes(change(content.decode()).encode() if change else content)
    lines = [f"{hashlib.sha256((TARGET / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES]
    (TARGET / "SHA256SUMS").write_text("".join(lines))


def check(package: Path, integrity: str) -> None:
    """Raises SystemExit if this is not the package that npm publishes."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if found != integrity:
        raise SystemExit(f"{package} is not the published package: {found} instead of {integrity}")


def without_strings(glue: str) -> str:
    """The glue code with nothing made from strings. Raises SystemExit if it is not as expected."""
    for name, following, replacement in REPLACED:
        pattern = re.compile(rf"function {name}\(.*?(?={re.escape(following)})", re.DOTALL)
        glue, count = pattern.subn(lambda _, text=replacement: text, glue)  # type: ignore[misc]
        if count != 1:
            raise SystemExit(f"{count} functions named {name} where one was expected")
    if "new Function" in glue or "new_(Function" in glue or "eval(" in glue:
        raise SystemExit("the glue code still makes functions from strings")
    return glue


def fit_for_a_worker(solution: str) -> str:
    """`face_mesh.js` with what it lacks in a worker. Raises SystemExit if it is not as expected."""
    for before, after in IN_A_WORKER:
        if solution.count(before) != 1:
            raise SystemExit(f"{solution.count(before)} times {before!r} where one was expected")
        solution = solution.replace(before, after)
    return solution


CHANGES = {GLUE: without_strings, "face_mesh.js": fit_for_a_worker}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
