using BlobCaptioner.Pipeline;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Events, records and results as lines for people.</summary>
internal static class ReportText
{
    /// <summary>An event in one line; null for events that people need not see.</summary>
    public static string? Line(PipelineEvent step) => step.Kind switch
    {
        PipelineEventKind.Described => $"described {Printable(step.Name)}{Seconds(step)}: {Copy(step.Record)}",
        PipelineEventKind.Rejected => $"rejected {Printable(step.Name)}: {Why(step.Error)}",
        PipelineEventKind.Failed => $"failed {Printable(step.Name)}: {Why(step.Error)}",
        PipelineEventKind.Retried => $"again {Printable(step.Name)}: {Why(step.Error)}",
        PipelineEventKind.Blocked => $"blocked {Printable(step.Name)}: {Why(step.Error)}",
        PipelineEventKind.Unreadable => $"unreadable message {Printable(step.Name)}: {Why(step.Error)}",
        PipelineEventKind.StorageTrouble => $"storage trouble at {Printable(step.Name)}: {Why(step.Error)}",
        PipelineEventKind.Uploaded => $"uploaded {Printable(step.Name)}",
        _ => null,
    };

    /// <summary>The known attributes, then the first text of each language: <c>mug, red, striped - Red striped mug / Rote gestreifte Tasse</c>.</summary>
    public static string Copy(CaptionRecord? record)
    {
        if (record is null)
        {
            return "";
        }

        var attributes = string.Join(", ", record.Attributes.Values.Select(a => $"{a.Value}").Where(v => v.Length > 0));
        var texts = string.Join(" / ", record.Copy.Values.SelectMany(language => language.Values.Take(1)));
        return Printable(attributes.Length == 0 ? texts : $"{attributes} - {texts}");
    }

    /// <summary>Untrusted text, such as names and titles, with control characters replaced.</summary>
    public static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;

    /// <summary>An error in one line.</summary>
    public static string Why(RecordError? error) => error is null ? "" : Printable($"{error.Message} {error.Remedy} [{error.Code}]");

    /// <summary>What the day's budget holds back, after a separator; empty for nothing.</summary>
    public static string HeldBack(long pictures, string separator) => pictures > 0 ? $"{separator}{pictures} held back by the day's budget (see: captioner status)" : "";

    private static string Seconds(PipelineEvent step) => step.Elapsed is { } elapsed ? $" ({elapsed.TotalSeconds:0.00} s)" : "";

    /// <summary>The end of a run, in one to four lines.</summary>
    public static IEnumerable<string> Lines(RunSummary summary)
    {
        yield return $"{summary.Described} described, {summary.Rejected} rejected, {summary.Failed} failed in {summary.Seconds:0.0} s; " +
            (summary.Products > 0 ? $"{summary.Products} products; " : "") +
            $"{summary.PicturesPerMinute:0} pictures/min, {summary.TokensPerSecond:0} tokens/s";
        if (summary.Store is { } store)
        {
            var other = store.Waiting + store.OutOfDate + store.Blocked;
            yield return $"The store holds {store.Images} pictures: {store.Described} described, {store.Rejected} rejected, {store.Failed} failed" +
                (other > 0 ? $", {store.Waiting + store.OutOfDate} to do, {store.Blocked} blocked." : ".");
            if (store.Products + store.ProductsFailed > 0)
            {
                yield return $"Products: {store.Products} described, {store.ProductsFailed} without copy.";
            }

            if (store.Rejected + store.Failed + store.ProductsFailed > 0)
            {
                yield return "The record beside each of those says why. 'captioner sweep --retry-failed' retries the failed ones.";
            }
        }
    }
}
