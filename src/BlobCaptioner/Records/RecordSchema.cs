using System.Numerics;
using System.Text.Json;
using BlobCaptioner.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using JsonException = System.Text.Json.JsonException;

namespace BlobCaptioner.Records;

/// <summary>The published JSON Schema of caption records, <c>record.schema.json</c>.</summary>
public static class RecordSchema
{
    /// <summary>The schema itself: JSON Schema, draft 7.</summary>
    public static string Json { get; } = EmbeddedText.Read("BlobCaptioner.Records.record.schema.json");

    private static JsonSchema Schema => field ??= JsonSchema.FromJsonAsync(Json).GetAwaiter().GetResult();

    /// <summary>Checks one record.</summary>
    /// <param name="json">The record's JSON.</param>
    /// <returns>The problems, each as <c>#/path: kind</c>; empty for a valid record.</returns>
    /// <exception cref="JsonException"><paramref name="json"/> is not valid JSON.</exception>
    public static async Task<IReadOnlyList<string>> CheckAsync(string json)
    {
        using (JsonDocument.Parse(json))
        {
            // The validator's own parser accepts comments and single quotes; a record must not have them.
        }

        using var reader = new JsonTextReader(new StringReader(json)) { DateParseHandling = DateParseHandling.None };
        var record = await JToken.ReadFromAsync(reader);
        foreach (var number in record is JContainer all ? all.DescendantsAndSelf().OfType<JValue>().ToList() : [])
        {
            // A seed may exceed 63 bits, which the validator can't compare.
            if (number.Value is BigInteger large)
            {
                number.Value = (double)large;
            }
        }

        return [.. Schema.Validate(record).Select(e => e.ToString().Trim())];
    }
}
