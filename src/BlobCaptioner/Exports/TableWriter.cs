using CsvHelper;

namespace BlobCaptioner.Exports;

/// <summary>A table with fixed columns over CsvHelper; cells are set by column name.</summary>
internal sealed class TableWriter : IDisposable
{
    private readonly CsvWriter _csv;
    private readonly Dictionary<string, int> _places;
    private readonly string?[] _cells;

    /// <summary>Creates a table and writes its column names.</summary>
    /// <param name="stream">Receives UTF-8; left open.</param>
    /// <param name="columns">The columns, in order.</param>
    /// <param name="tabs">True for tab-separated cells that are never quoted: they must hold neither tabs nor line breaks.</param>
    public TableWriter(Stream stream, IReadOnlyList<string> columns, bool tabs = false)
    {
        _csv = CsvWriter.Create(
            stream, CsvWriterOptions.Default with { Separator = tabs ? '\t' : ',', Mode = tabs ? CsvMode.NoEscape : CsvMode.Rfc4180 }, leaveOpen: true);
        _places = columns.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal);
        _cells = new string?[columns.Count];
        _csv.WriteHeader([.. columns]);
    }

    /// <summary>A cell of the current row; null is empty.</summary>
    public string? this[string column]
    {
        set => _cells[_places[column]] = value;
    }

    /// <summary>Writes the current row to the stream and begins an empty one.</summary>
    public void WriteRow()
    {
        foreach (var cell in _cells)
        {
            _csv.WriteField(cell);
        }

        _csv.EndRecord();
        _csv.Flush();
        Array.Clear(_cells);
    }

    public void Dispose() => _csv.Dispose();
}

/// <summary>Text inside HTML elements. The library's encoders write accents and emoji as numbers, which triples a text and makes it unreadable.</summary>
internal static class HtmlText
{
    /// <summary>The text with <c>&amp;</c>, <c>&lt;</c> and <c>&gt;</c> written as entities.</summary>
    public static string Encode(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
