import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.ContextFactory;
import org.mozilla.javascript.NativeArray;
import org.mozilla.javascript.NativeJSON;
import org.mozilla.javascript.RhinoException;
import org.mozilla.javascript.Script;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;

/** Runs the scripts of a Javascript policy on Rhino, in language versions 0 and 180: one line of JSON in, one out. */
public final class Host {
    private static final int[] VERSIONS = {0, 180};
    private static final String SHIM =
        "var __changed = {}, __removed = {};"
        + "var context = (function (vars, changed, removed, owns) {"
        + "  function key(name) {"
        + "    var at = (name = String(name)).indexOf('.header.');"
        + "    return at > 0 && at < 9 ? '.' + name.substring(0, at + 8) + name.substring(at + 8).toLowerCase() : '.' + name;"
        + "  }"
        + "  return {"
        + "    getVariable: function (name) {"
        + "      var k = key(name);"
        + "      if (owns.call(removed, k)) { return null; }"
        + "      return owns.call(changed, k) ? changed[k] : owns.call(vars, k) ? vars[k] : null;"
        + "    },"
        + "    setVariable: function (name, value) { var k = key(name); delete removed[k]; changed[k] = value; },"
        + "    removeVariable: function (name) { var k = key(name); delete changed[k]; removed[k] = true; }"
        + "  };"
        + "}(JSON.parse(__vars), __changed, __removed, Object.prototype.hasOwnProperty));"
        + "var properties = JSON.parse(__properties);"
        + "function print() {}";
    private static final String HARVEST = "JSON.stringify({changed: __changed, removed: Object.keys(__removed)})";

    private static volatile long deadline = Long.MAX_VALUE;
    private static int optimization = 9;
    private static final Map<String, Integer> RUNS = new HashMap<>();
    private static final Map<String, Script> COMPILED = new HashMap<>();
    private static final Map<Integer, ScriptableObject> SHARED = new HashMap<>();

    private static final class Limited extends ContextFactory {
        @Override
        protected Context makeContext() {
            Context made = super.makeContext();
            made.setInstructionObserverThreshold(100000);
            made.setGenerateObserverCount(true);
            return made;
        }

        @Override
        protected void observeInstructionCount(Context cx, int count) {
            if (cpuNanos() > deadline) {
                throw new Error("timeLimit exceeded");
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        ContextFactory.initGlobal(new Limited());
        if (arguments.length > 0) {
            optimization = Integer.parseInt(arguments[0]);
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream out = new PrintStream(System.out, false, "US-ASCII");
        Map<String, String> sources = new HashMap<>();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String answer;
            try {
                answer = handle(line, sources);
            } catch (Throwable problem) {
                answer = "{\"error\":" + quoted(String.valueOf(problem)) + "}";
            }
            out.println(ascii(answer));
            out.flush();
        }
    }

    private static String handle(String line, Map<String, String> sources) {
        Scriptable asked;
        Context cx = Context.enter();
        try {
            Scriptable scope = shared(cx, 0);
            asked = (Scriptable) NativeJSON.parse(cx, scope, line, (c, s, t, a) -> a[1]);
        } finally {
            Context.exit();
        }
        if (asked.has("load", asked)) {
            sources.put(text(asked, "load"), text(asked, "source"));
            for (int version : VERSIONS) {
                compiled(text(asked, "load"), sources, version);
            }
            return "{}";
        }
        List<String> names = new ArrayList<>();
        NativeArray listed = (NativeArray) asked.get("scripts", asked);
        for (Object name : listed) {
            names.add(String.valueOf(name));
        }
        String vars = text(asked, "vars");
        String properties = text(asked, "properties");
        long limitMs = Long.parseLong(text(asked, "limit"));
        if (asked.has("repeat", asked)) {
            return bench(names, sources, vars, properties, Integer.parseInt(text(asked, "repeat")));
        }
        String first = run(names, sources, vars, properties, VERSIONS[0], limitMs);
        if (!compared(names.get(names.size() - 1))) {
            return first;
        }
        String second = run(names, sources, vars, properties, VERSIONS[1], limitMs);
        if (!first.equals(second)) {
            return "{\"error\":" + quoted("language versions 0 and 180 differ: " + first + " / " + second) + "}";
        }
        return first;
    }

    /** The first eight runs of each script are made in both versions, and every eighth after them. */
    private static boolean compared(String name) {
        int runs = RUNS.merge(name, 1, Integer::sum);
        return runs <= 8 || runs % 8 == 0;
    }

    /** Of this thread: what other programs on the machine take is no script's fault. */
    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static String bench(List<String> names, Map<String, String> sources, String vars, String properties, int count) {
        long[] taken = new long[count];
        for (int i = 0; i < count; i++) {
            long start = cpuNanos();
            run(names, sources, vars, properties, 0, 10000);
            taken[i] = cpuNanos() - start;
        }
        Arrays.sort(taken);
        return "{\"p50\":" + taken[count / 2] + ",\"p99\":" + taken[count - 1 - count / 100] + "}";
    }

    private static String run(
            List<String> names, Map<String, String> sources, String vars, String properties, int version, long limitMs) {
        Context cx = Context.enter();
        try {
            prepare(cx, version);
            ScriptableObject shared = shared(cx, version);
            Scriptable scope = cx.newObject(shared);
            scope.setPrototype(shared);
            scope.setParentScope(null);
            ScriptableObject.putProperty(scope, "__vars", vars);
            ScriptableObject.putProperty(scope, "__properties", properties);
            compiled("shim", sources, version).exec(cx, scope);
            deadline = cpuNanos() + limitMs * 1000000L;
            String problem = null;
            try {
                for (String name : names) {
                    compiled(name, sources, version).exec(cx, scope);
                }
            } catch (RhinoException thrown) {
                problem = thrown.getMessage();
            } catch (StackOverflowError thrown) {
                problem = "StackOverflowError";
            } catch (Error thrown) {
                if (!"timeLimit exceeded".equals(thrown.getMessage())) {
                    throw thrown;
                }
                problem = thrown.getMessage();
            } finally {
                deadline = Long.MAX_VALUE;
            }
            String harvest = String.valueOf(compiled("harvest", sources, version).exec(cx, scope));
            return problem == null ? harvest
                : harvest.substring(0, harvest.length() - 1) + ",\"failed\":" + quoted(problem) + "}";
        } finally {
            Context.exit();
        }
    }

    private static void prepare(Context cx, int version) {
        cx.setLanguageVersion(version);
        cx.setOptimizationLevel(optimization);
    }

    private static ScriptableObject shared(Context cx, int version) {
        return SHARED.computeIfAbsent(version, v -> {
            prepare(cx, v);
            return cx.initSafeStandardObjects(null, true);
        });
    }

    private static Script compiled(String name, Map<String, String> sources, int version) {
        return COMPILED.computeIfAbsent(version + " " + name, k -> {
            String source = "shim".equals(name) ? SHIM : "harvest".equals(name) ? HARVEST : sources.get(name);
            if (source == null) {
                throw new IllegalArgumentException("no script called " + name);
            }
            Context cx = Context.enter();
            try {
                prepare(cx, version);
                return cx.compileString(source, name, 1, null);
            } finally {
                Context.exit();
            }
        });
    }

    private static String text(Scriptable of, String name) {
        return String.valueOf(of.get(name, of));
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            out.append(c == '"' || c == '\\' ? "\\" + c : c < ' ' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        }
        return out.append('"').toString();
    }

    private static String ascii(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x7f) {
                out.append(c);
            } else {
                out.append(String.format("\\u%04x", (int) c));
            }
        }
        return out.toString();
    }
}
