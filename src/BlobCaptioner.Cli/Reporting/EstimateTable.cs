using System.Globalization;
using BlobCaptioner.Estimates;
using Spectre.Console;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>An estimate as a table for people: each value with its error bars.</summary>
internal static class EstimateTable
{
    /// <summary>Writes it to stdout.</summary>
    public static void Write(ContainerEstimate estimate)
    {
        var table = new Table().RoundedBorder().AddColumn("").AddColumn(new TableColumn("estimate").RightAligned()).AddColumn("95 % interval");
        Add(table, "pictures a minute", estimate.PicturesPerMinute, "0.#");
        Add(table, "tokens read a picture", estimate.InputTokens, "0");
        Add(table, "tokens written a picture", estimate.OutputTokens, "0");
        Add(table, "turned down", estimate.RejectedShare.Scale(100), "0.#", " %");
        AddWork(table, "all pictures", estimate.All, estimate.Currency);
        AddWork(table, "still to be done", estimate.Outstanding, estimate.Currency);
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Measured on {estimate.Sampled} pictures with {estimate.Model.Name}, {estimate.Concurrency} at once: {estimate.Described} described, {estimate.Rejected} turned down, {estimate.Failed} failed."));
        foreach (var caution in estimate.Cautions)
        {
            AnsiConsole.WriteLine(caution);
        }

        if (estimate.Error is { } error)
        {
            AnsiConsole.WriteLine($"The first that was not described: {error.Message} {error.Remedy}");
        }
    }

    private static void AddWork(Table table, string what, WorkEstimate work, string currency)
    {
        table.AddEmptyRow();
        table.AddRow(what, work.Images.ToString(CultureInfo.InvariantCulture), "");
        Add(table, "  hours", work.Hours, "0.###");
        if (work.GpuCost is not null)
        {
            Add(table, "  GPU cost", work.GpuCost, "0.00##", $" {currency}");
        }

        if (work.TokenCost is not null)
        {
            Add(table, "  token cost", work.TokenCost, "0.00##", $" {currency}");
        }
    }

    private static void Add(Table table, string what, Interval? interval, string format, string unit = "") => table.AddRow(
        what,
        interval is null ? "-" : Text(interval.Value, format) + unit,
        interval is null || (interval.Low is null && interval.High is null)
            ? "not known"
            : $"{(interval.Low is { } low ? Text(low, format) : "?")} to {(interval.High is { } high ? Text(high, format) : "?")}{unit}");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
