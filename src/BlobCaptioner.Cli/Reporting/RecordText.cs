using BlobCaptioner.Pipeline;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Events and records in one line, for people.</summary>
internal static class RecordText
{
    /// <summary>What happened, to what; null for steps that only machines care for.</summary>
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

    /// <summary>The attributes that are known, then each language's first text: <c>mug, red, striped - Red striped mug / Rote gestreifte Tasse</c>.</summary>
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

    /// <summary>Text of strangers (names, titles) without what would move a terminal's cursor.</summary>
    public static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;

    /// <summary>A reason in one line.</summary>
    public static string Why(RecordError? error) => error is null ? "" : Printable($"{error.Message} {error.Remedy} [{error.Code}]");

    private static string Seconds(PipelineEvent step) => step.Elapsed is { } elapsed ? $" ({elapsed.TotalSeconds:0.00} s)" : "";
}
