using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline;

/// <summary>What was spent.</summary>
/// <param name="Pictures">Pictures and products that were sent.</param>
/// <param name="Answers">Answers of the model.</param>
/// <param name="Tokens">Tokens of the answers, read and written.</param>
/// <param name="Money">Cost of the answers, in <paramref name="Currency"/>; 0 where no prices are set.</param>
/// <param name="Currency">ISO 4217; null without a cost.</param>
internal sealed record Spend(long Pictures = 0, long Answers = 0, long Tokens = 0, decimal Money = 0, string? Currency = null)
{
    // Far beyond any process and day, and sums of as many as a blob holds don't overflow.
    private const long Most = 1_000_000_000_000;

    /// <summary>False for a total that no process wrote.</summary>
    [JsonIgnore]
    public bool IsSound => Pictures is >= 0 and <= Most && Answers is >= 0 and <= Most && Tokens is >= 0 and <= Most && Money is >= 0 and <= Most && Currency is null or { Length: <= 8 };

    public static Spend operator +(Spend one, Spend other) =>
        new(one.Pictures + other.Pictures, one.Answers + other.Answers, one.Tokens + other.Tokens, one.Money + other.Money, one.Currency ?? other.Currency);
}

/// <summary>
/// A day's count, a small blob in the <c>prepared</c> container. Each process has an entry with its own total, so that a write that is repeated counts nothing twice.
/// </summary>
internal sealed record SpendDay
{
    /// <summary>Where the days lie. A lifecycle rule may delete them.</summary>
    public const string Folder = "_budget/";

    // Tens of thousands of processes.
    private const long MostBytes = 8 << 20;

    /// <summary>Totals by process.</summary>
    public IReadOnlyDictionary<string, Spend> By { get; init; } = new Dictionary<string, Spend>(StringComparer.Ordinal);

    /// <summary>The caps of the process that wrote last; null before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BudgetOptions? Caps { get; init; }

    /// <summary>True where a person lifted the caps for the rest of the day.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Resumed { get; init; }

    /// <summary>The day's total.</summary>
    [JsonIgnore]
    public Spend Total => Sum(By.Values);

    /// <summary>The sum of totals.</summary>
    public static Spend Sum(IEnumerable<Spend> totals) => totals.Aggregate(new Spend(), (sum, one) => sum + one);

    /// <summary>Reads a day.</summary>
    /// <returns>The day and its ETag; null where nothing was counted.</returns>
    public static async Task<(SpendDay Day, ETag ETag)?> ReadAsync(CaptionStorage storage, DateOnly day, CancellationToken cancellationToken)
    {
        try
        {
            var (content, details, _) = await storage.Prepared.GetBlobClient(NameOf(day)).ReadUpToAsync(MostBytes, cancellationToken);
            return (content is null ? new() : Parse(content), details.ETag);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Writes a change of a day; reads again where another process was faster.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="day">The day.</param>
    /// <param name="change">Makes the new count out of the present one; null leaves it as it is.</param>
    /// <param name="cancellationToken">Gives up; it may have been written.</param>
    /// <returns>The day as it is now.</returns>
    public static async Task<SpendDay> ChangeAsync(CaptionStorage storage, DateOnly day, Func<SpendDay, SpendDay?> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = await ReadAsync(storage, day, cancellationToken);
            var present = seen?.Day ?? new();
            if (change(present) is not { } changed)
            {
                return present;
            }

            try
            {
                var options = new BlobUploadOptions
                {
                    Conditions = seen is { ETag: var etag } ? new() { IfMatch = etag } : new() { IfNoneMatch = ETag.All },
                    HttpHeaders = new() { ContentType = "application/json" },
                };
                var body = new BinaryData(JsonSerializer.SerializeToUtf8Bytes(changed, MessageJson.Compact.SpendDay));
                await storage.Prepared.GetBlobClient(NameOf(day)).UploadAsync(body, options, cancellationToken);
                return changed;
            }
            catch (RequestFailedException error) when (error.IsConflict())
            {
                // Another process was faster.
            }
        }
    }

    private static string NameOf(DateOnly day) => Folder + day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    // One that can't be read is counted anew.
    private static SpendDay Parse(BinaryData content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, MessageJson.Compact.SpendDay) is { By: { } by } day && by.Values.All(s => s is { IsSound: true })
                && (day.Caps is null || new BudgetOptionsValidator().Validate(name: null, day.Caps).Succeeded) ? day : new();
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or ArgumentException)
        {
            return new();
        }
    }
}
