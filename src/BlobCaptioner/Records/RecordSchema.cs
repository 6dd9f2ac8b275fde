using System.Numerics;
using System.Text.Json;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using JsonException = System.Text.Json.JsonException;

namespace BlobCaptioner.Records;

/// <summary>The published JSON Schema of caption records, <c>record.schema.json</c>.</summary>
public static class RecordSchema
{
    private const string Resource = "BlobCaptioner.Records.record.schema.json";

    private static readonly Lazy<string> SchemaText = new(ReadResource);

    private static readonly Lazy<Task<JsonSchema>> Schema = new(() => JsonSchema.FromJsonAsync(SchemaText.Value));

    /// <summary>The schema itself: JSON Schema, draft 7.</summary>
    public static string Json => SchemaText.Value;

    /// <summary>Checks one record.</summary>
    /// <param name="json">The record's JSON.</param>
    /// <returns>What is wrong, as <c>#/path: kind</c>; empty where it holds.</returns>
    /// <exception cref="JsonException"><paramref name="json"/> is no JSON.</exception>
    public static async Task<IReadOnlyList<string>> CheckAsync(string json)
    {
        using (JsonDocument.Parse(json))
        {
            // the validator's own parser takes comments and single quotes; a record has neither
        }

        using var reader = new JsonTextReader(new StringReader(json)) { DateParseHandling = DateParseHandling.None };
        var record = await JToken.ReadFromAsync(reader);
        foreach (var number in record is JContainer all ? all.DescendantsAndSelf().OfType<JValue>().ToList() : [])
        {
            // a seed may pass 63 bits, which the validator can't compare
            if (number.Value is BigInteger large)
            {
                number.Value = (double)large;
            }
        }

        return [.. (await Schema.Value).Validate(record).Select(e => e.ToString().Trim())];
    }

    private static string ReadResource()
    {
        using var stream = typeof(RecordSchema).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
