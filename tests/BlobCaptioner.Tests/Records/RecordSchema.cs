using System.Numerics;
using System.Text.Json;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;

namespace BlobCaptioner.Tests.Records;

/// <summary>The published JSON Schema of caption records, <c>record.schema.json</c>.</summary>
internal static class RecordSchema
{
    // The validator is not thread-safe.
    private static readonly SemaphoreSlim Turn = new(1);

    private static readonly Task<JsonSchema> Schema = JsonSchema.FromFileAsync(Path.Combine(AppContext.BaseDirectory, "Records", "record.schema.json"));

    /// <summary>The problems of a record's JSON, each as <c>#/path: kind</c>; empty for a valid record.</summary>
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

        await Turn.WaitAsync();
        try
        {
            return [.. (await Schema).Validate(record).Select(e => e.ToString().Trim())];
        }
        finally
        {
            Turn.Release();
        }
    }
}
