using System.Globalization;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline;

/// <summary>What was spent today, UTC, and whether sending is paused, as storage has it. Processes write their counts every few seconds.</summary>
public sealed record BudgetStatus
{
    /// <summary>Without knowing what a picture costs, no more than this many are on the way.</summary>
    internal const int FirstPictures = 32;

    /// <summary>Code of the error for a picture that is held back.</summary>
    internal const string Code = "budget-reached";

    /// <summary>The day, UTC.</summary>
    public required DateOnly Day { get; init; }

    /// <summary>Pictures and products that were sent.</summary>
    public required long Pictures { get; init; }

    /// <summary>Tokens that were read and written.</summary>
    public required long Tokens { get; init; }

    /// <summary>Cost in <see cref="Currency"/>; 0 where no prices are set.</summary>
    public required decimal Money { get; init; }

    /// <summary>ISO 4217; null without a cost.</summary>
    public string? Currency { get; init; }

    /// <summary>The caps of the process that counted last.</summary>
    public required BudgetOptions Caps { get; init; }

    /// <summary>Why sending is paused; null where it goes on.</summary>
    public string? Paused { get; init; }

    /// <summary>True where a person lifted the caps for the rest of the day.</summary>
    public required bool Resumed { get; init; }

    /// <summary>Reads it, in up to three requests.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="time">Clock; it says which day it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where nothing was counted today.</returns>
    /// <exception cref="Azure.RequestFailedException">Storage refused.</exception>
    public static async Task<BudgetStatus?> ReadAsync(CaptionStorage storage, TimeProvider time, CancellationToken cancellationToken)
    {
        var today = Today(time);
        if (await SpendDay.ReadAsync(storage, today, cancellationToken) is not { Day: { Caps: { } caps } day })
        {
            return null;
        }

        var queued = NeedsAverage(caps) ? (await storage.Captions.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCount : 0;
        var total = day.Total;
        var known = NeedsAverage(caps) && total.Answers == 0 ? (await SpendDay.ReadAsync(storage, today.AddDays(-1), cancellationToken))?.Day.Total : total;
        return new()
        {
            Day = today,
            Pictures = total.Pictures,
            Tokens = total.Tokens,
            Money = total.Money,
            Currency = total.Currency,
            Caps = caps,
            Paused = day.Resumed ? null : Reached(caps, total, queued, known ?? new()),
            Resumed = day.Resumed,
        };
    }

    /// <summary>Lifts the caps for the rest of the day, UTC. Running processes see it within seconds.</summary>
    /// <returns>False where nothing was counted today, so that nothing can be paused.</returns>
    /// <exception cref="Azure.RequestFailedException">Storage refused.</exception>
    public static async Task<bool> ResumeAsync(CaptionStorage storage, TimeProvider time, CancellationToken cancellationToken) =>
        (await SpendDay.ChangeAsync(storage, Today(time), day => day is { Caps: null } or { Resumed: true } ? null : day with { Resumed = true }, cancellationToken)).Resumed;

    internal static DateOnly Today(TimeProvider time) => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>True where pictures on the way have to be estimated.</summary>
    internal static bool NeedsAverage(BudgetOptions caps) => caps.Tokens is not null || caps.Money is not null;

    /// <summary>Which cap is reached, in words; null for none.</summary>
    /// <param name="caps">The caps.</param>
    /// <param name="total">What was spent.</param>
    /// <param name="onTheWay">Pictures that were sent and not answered yet.</param>
    /// <param name="known">Answers that show what a picture costs: today's, or the day's before.</param>
    internal static string? Reached(BudgetOptions caps, Spend total, long onTheWay, Spend known)
    {
        if (total.Pictures >= caps.Pictures)
        {
            return string.Create(CultureInfo.InvariantCulture, $"The day's budget is reached: {total.Pictures} of {caps.Pictures} pictures were sent.");
        }

        if (known.Answers == 0)
        {
            return NeedsAverage(caps) && onTheWay >= FirstPictures
                ? $"{onTheWay} pictures are on the way, and none is answered yet. Until the first answers show what a picture costs, no more than {FirstPictures} are sent."
                : null;
        }

        var (tokens, money) = (decimal.Truncate((decimal)onTheWay * known.Tokens / known.Answers), onTheWay * known.Money / known.Answers);
        return total.Tokens + tokens >= caps.Tokens
            ? string.Create(CultureInfo.InvariantCulture, $"The day's budget is {caps.Tokens} tokens. {total.Tokens} were used, and {onTheWay} pictures on the way take about {tokens}.")
            : total.Money + money >= caps.Money
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The day's budget is {caps.Money:0.00} {known.Currency}. {total.Money:0.00} were spent, and {onTheWay} pictures on the way cost about {money:0.00}.")
            : null;
    }

    internal static RecordError ErrorOf(string why) => new(
        Code, why, $"It goes on by itself at 00:00 UTC. To go on now, run: captioner budget resume. Or raise the cap ({BudgetOptions.Section.Replace(":", "__", StringComparison.Ordinal)}__...).");
}
