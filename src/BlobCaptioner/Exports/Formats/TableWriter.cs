using CsvHelper;

namespace BlobCaptioner.Exports.Formats;

/// <summary>A table with fixed columns over CsvHelper; cells are set by column name.</summary>
internal sealed class TableWriter : IDisposable
{
    private readonly CsvWriter _csv;
    private readonly IReadOnlyList<string> _columns;
    private readonly Dictionary<string, int> _places;
    private readonly string?[] _cells;

    /// <summary>Creates a table.</summary>
    /// <param name="stream">Takes UTF-8; left open.</param>
    /// <param name="columns">The columns, in order.</param>
    /// <param name="tabs">True for tab-separated cells that are never quoted: they must hold neither tabs nor line breaks.</param>
    public TableWriter(Stream stream, IReadOnlyList<string> columns, bool tabs = false)
    {
        _csv = CsvWriter.Create(
            stream, CsvWriterOptions.Default with { Separator = tabs ? '\t' : ',', Mode = tabs ? CsvMode.NoEscape : CsvMode.Rfc4180 }, leaveOpen: true);
        _columns = columns;
        _places = columns.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal);
        _cells = new string?[columns.Count];
    }

    /// <summary>A cell of the row that is being made; null is empty.</summary>
    public string? this[string column]
    {
        set => _cells[_places[column]] = value;
    }

    /// <summary>Writes the column names.</summary>
    public void WriteHeader() => _csv.WriteHeader([.. _columns]);

    /// <summary>Writes the row and begins an empty one.</summary>
    public void WriteRow()
    {
        foreach (var cell in _cells)
        {
            _csv.WriteField(cell);
        }

        _csv.EndRecord();
        Array.Clear(_cells);
    }

    /// <summary>Hands everything to the stream.</summary>
    public void Flush() => _csv.Flush();

    /// <inheritdoc/>
    public void Dispose() => _csv.Dispose();
}
