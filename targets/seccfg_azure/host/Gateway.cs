// What the expressions of a policy see: a small context API, and a loop that evaluates them for the interpreter.
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway
{
    // The clock expressions read: a name here is found before the one in System.
    public static class DateTimeOffset
    {
        public static long Seconds;
        public static System.DateTimeOffset UtcNow
        {
            get { return new System.DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(Seconds); }
        }
    }

    public class Url
    {
        public string Scheme, Host, Path, QueryString;
        public int Port;
        public Lookup Query = new Lookup();
    }

    public class Lookup : IReadOnlyDictionary<string, string[]>
    {
        readonly Dictionary<string, string[]> held = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
        public void Add(string name, string value)
        {
            string[] before;
            held[name] = held.TryGetValue(name, out before) ? before.Concat(new[] { value }).ToArray() : new[] { value };
        }
        public void Put(string name, string[] values) { if (values == null) { held.Remove(name); } else { held[name] = values; } }
        public string[] this[string name] { get { return held[name]; } }
        public IEnumerable<string> Keys { get { return held.Keys; } }
        public IEnumerable<string[]> Values { get { return held.Values; } }
        public int Count { get { return held.Count; } }
        public bool ContainsKey(string name) { return held.ContainsKey(name); }
        public bool TryGetValue(string name, out string[] values) { return held.TryGetValue(name, out values); }
        public IEnumerator<KeyValuePair<string, string[]>> GetEnumerator() { return held.GetEnumerator(); }
        IEnumerator IEnumerable.GetEnumerator() { return held.GetEnumerator(); }
        public string GetValueOrDefault(string name, string otherwise)
        {
            string[] values;
            return held.TryGetValue(name, out values) ? string.Join(",", values) : otherwise;
        }
        public string GetValueOrDefault(string name) { return GetValueOrDefault(name, null); }
    }

    // A missing variable is null through the indexer, as the service answers.
    public class Held : IReadOnlyDictionary<string, object>
    {
        readonly Dictionary<string, object> held = new Dictionary<string, object>();
        public void Put(string name, object value) { held[name] = value; }
        public object this[string name] { get { object value; return held.TryGetValue(name, out value) ? value : null; } }
        public IEnumerable<string> Keys { get { return held.Keys; } }
        public IEnumerable<object> Values { get { return held.Values; } }
        public int Count { get { return held.Count; } }
        public bool ContainsKey(string name) { return held.ContainsKey(name); }
        public bool TryGetValue(string name, out object value) { return held.TryGetValue(name, out value); }
        public IEnumerator<KeyValuePair<string, object>> GetEnumerator() { return held.GetEnumerator(); }
        IEnumerator IEnumerable.GetEnumerator() { return held.GetEnumerator(); }
        public T GetValueOrDefault<T>(string name, T otherwise) { return held.ContainsKey(name) ? (T)held[name] : otherwise; }
        public T GetValueOrDefault<T>(string name) { return GetValueOrDefault<T>(name, default(T)); }
    }

    // Read once without preserveContent, a body is gone.
    public class MessageBody
    {
        byte[] held;
        public MessageBody(byte[] content) { held = content; }
        public T As<T>(bool preserveContent = false)
        {
            if (held == null) { throw new InvalidOperationException("the body was consumed"); }
            byte[] content = held;
            if (!preserveContent) { held = null; }
            if (typeof(T) == typeof(byte[])) { return (T)(object)content; }
            if (typeof(T) == typeof(string)) { return (T)(object)Encoding.UTF8.GetString(content); }
            if (typeof(T) == typeof(JObject)) { return (T)(object)JObject.Parse(Encoding.UTF8.GetString(content)); }
            if (typeof(T) == typeof(JToken)) { return (T)(object)JToken.Parse(Encoding.UTF8.GetString(content)); }
            throw new NotSupportedException(typeof(T).Name);
        }
    }

    public class Jwt
    {
        public string Algorithm, Id, Issuer, Subject, Type;
        public IEnumerable<string> Audiences = new string[0];
        public DateTime? ExpirationTime, NotBefore;
        public Lookup Claims = new Lookup();
    }

    public class RequestMessage
    {
        public string Method, IpAddress;
        public Url Url, OriginalUrl;
        public Lookup Headers = new Lookup();
        public Dictionary<string, string> MatchedParameters = new Dictionary<string, string>();
        public X509Certificate2 Certificate;
        public MessageBody Body;
    }

    public class IResponse
    {
        public int StatusCode;
        public string StatusReason = "";
        public Lookup Headers = new Lookup();
        public MessageBody Body;
    }

    public class OperationInfo { public string Id, Method, Name, UrlTemplate; }
    public class ApiInfo { public string Id, Name, Path; }
    public class ErrorInfo { public string Source, Reason, Message, Scope, Section, Path, PolicyId; }

    public class Context
    {
        public RequestMessage Request = new RequestMessage();
        public IResponse Response;
        public OperationInfo Operation;
        public ApiInfo Api = new ApiInfo();
        public ErrorInfo LastError;
        public Held Variables = new Held();
        public Guid RequestId;
        public DateTime Timestamp { get { return DateTimeOffset.UtcNow.UtcDateTime; } }
    }

    public static class Loop
    {
        static readonly JsonSerializerSettings plain = new JsonSerializerSettings { DateParseHandling = DateParseHandling.None };
        static readonly Dictionary<int, Func<Context, object>> held = new Dictionary<int, Func<Context, object>>();
        static MethodInfo compiler;
        static Context context = new Context();

        public static void Main()
        {
            var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
            var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
            output.NewLine = "\n";
            Regex.CacheSize = 2000;
            string line;
            while ((line = input.ReadLine()) != null)
            {
                JObject answer;
                try { answer = Do(JsonConvert.DeserializeObject<JObject>(line, plain)); }
                catch (Exception error)
                {
                    answer = new JObject(new JProperty("x", error.GetType().Name + ": " + error.Message + " " + error.StackTrace));
                }
                var text = new StringWriter();
                var writer = new JsonTextWriter(text) { StringEscapeHandling = StringEscapeHandling.EscapeNonAscii };
                answer.WriteTo(writer);
                writer.Flush();
                output.WriteLine(text.ToString());
                output.Flush();
            }
        }

        static JObject Do(JObject asked)
        {
            switch ((string)asked["op"])
            {
                case "request": Request(asked); return new JObject();
                case "response": Response(asked); return new JObject();
                case "error": Error(asked); return new JObject();
                case "put": context.Variables.Put((string)asked["name"], ((JValue)asked["value"]).Value is long ? (object)(int)asked["value"] : ((JValue)asked["value"]).Value); return new JObject();
                case "result": Result(asked); return new JObject();
                case "load": Load(asked); return new JObject();
                case "set":
                    object value = held[(int)asked["n"]](context);
                    context.Variables.Put((string)asked["name"], value);
                    return new JObject();
                case "many":
                    var shown = new JArray();
                    foreach (JToken number in (JArray)asked["n"])
                    {
                        try { shown.Add(new JArray(Shown(held[(int)number](context))["v"])); }
                        catch (Exception) { shown.Add(new JArray()); }
                    }
                    return new JObject(new JProperty("v", shown));
                default: return Shown(held[(int)asked["n"]](context));
            }
        }

        // Compile a unit of expressions with the compiler's own code, which is ready once it ran, and keep its methods.
        static void Load(JObject asked)
        {
            if (compiler == null)
            {
                var known = Assembly.LoadFrom((string)asked["compiler"]).GetType("Mono.CSharp.CompilerCallableEntryPoint");
                compiler = known.GetMethod("InvokeCompiler", new[] { typeof(string[]), typeof(TextWriter) });
            }
            string source = (string)asked["source"], made = source + ".dll";
            var said = new StringWriter();
            string[] arguments = ((JArray)asked["arguments"]).Select(each => (string)each).Concat(new[] { "-out:" + made, source }).ToArray();
            bool done = (bool)compiler.Invoke(null, new object[] { arguments, said });
            if (!done) { throw new InvalidOperationException("an expression does not compile: " + said); }
            var type = Assembly.Load(File.ReadAllBytes(made)).GetType("Gateway." + (string)asked["type"]);
            File.Delete(made);
            foreach (JToken number in (JArray)asked["numbers"])
            {
                held[(int)number] = (Func<Context, object>)Delegate.CreateDelegate(typeof(Func<Context, object>), type.GetMethod("E" + (int)number));
            }
        }

        static JObject Shown(object value)
        {
            if (value == null) { return new JObject(new JProperty("t", "null"), new JProperty("v", null)); }
            return new JObject(new JProperty("t", value.GetType().Name), new JProperty("v", value is bool || value is int || value is long ? value : value.ToString()));
        }

        static void Request(JObject asked)
        {
            context = new Context();
            DateTimeOffset.Seconds = (long)asked["now"];
            context.RequestId = new Guid((string)asked["id"]);
            var request = context.Request;
            request.Method = (string)asked["method"];
            request.IpAddress = (string)asked["ip"];
            request.OriginalUrl = new Url {
                Scheme = (string)asked["scheme"], Host = (string)asked["host"], Port = (int)asked["port"],
                Path = (string)asked["path"], QueryString = (string)asked["query"] };
            request.Url = request.OriginalUrl;
            foreach (JArray pair in (JArray)asked["headers"]) { request.Headers.Add((string)pair[0], (string)pair[1]); }
            if (asked["body"].Type != JTokenType.Null) { request.Body = new MessageBody(Convert.FromBase64String((string)asked["body"])); }
            if (asked["operation"].Type != JTokenType.Null)
            {
                context.Operation = new OperationInfo { Id = (string)asked["operation"]["id"], Method = (string)asked["operation"]["method"], UrlTemplate = (string)asked["operation"]["template"] };
                foreach (JProperty pair in ((JObject)asked["parameters"]).Properties()) { request.MatchedParameters[pair.Name] = (string)pair.Value; }
            }
            context.Api.Id = (string)asked["api"];
        }

        static void Response(JObject asked)
        {
            context.Response = new IResponse { StatusCode = (int)asked["status"] };
            foreach (JArray pair in (JArray)asked["headers"]) { context.Response.Headers.Add((string)pair[0], (string)pair[1]); }
        }

        // The answer of a request an expression may read: null when there was none.
        static void Result(JObject asked)
        {
            if (asked["status"].Type == JTokenType.Null) { context.Variables.Put((string)asked["name"], null); return; }
            var made = new IResponse { StatusCode = (int)asked["status"], Body = new MessageBody(Convert.FromBase64String((string)asked["body"])) };
            context.Variables.Put((string)asked["name"], made);
        }

        static void Error(JObject asked)
        {
            context.LastError = new ErrorInfo {
                Source = (string)asked["source"], Reason = (string)asked["reason"], Message = (string)asked["message"],
                Section = (string)asked["section"], PolicyId = (string)asked["policy"] };
        }
    }
}
