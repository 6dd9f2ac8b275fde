using CsvHelper;

namespace BlobCaptioner.Evaluation;

/// <summary>
/// Known attributes as CSV: a column <c>file</c> (or <c>name</c>, <c>image</c>: the image's name in the container) or <c>sku</c>, and one column for each attribute.
/// Several values are separated by <c>|</c>; an empty cell means unknown. A column <c>ATTRIBUTE synonyms</c> lists other right answers in that row, separated by <c>|</c>.
/// </summary>
public sealed class TruthFile
{
    private const string Synonyms = " synonyms";

    private static readonly string[] FileColumns = ["file", "name", "image"];

    private TruthFile(IReadOnlyList<string> attributes, IReadOnlyList<TruthRow> rows) => (Attributes, Rows) = (attributes, rows);

    /// <summary>The attributes, in the columns' order.</summary>
    public IReadOnlyList<string> Attributes { get; }

    /// <summary>The rows.</summary>
    public IReadOnlyList<TruthRow> Rows { get; }

    /// <summary>Reads a file: UTF-8, separated by commas, semicolons, tabs or bars.</summary>
    /// <exception cref="FormatException">A key column or attributes are missing, or a row has no key or a repeated one; the message says where.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static TruthFile Read(string path)
    {
        using var file = File.OpenRead(path);
        return Read(file);
    }

    /// <summary>Reads a stream, which stays open.</summary>
    /// <exception cref="FormatException">As for a file.</exception>
    public static TruthFile Read(Stream stream)
    {
        var options = CsvReaderOptions.Default with { HasHeader = false, TrimWhitespace = true, TrackLineNumbers = true, MalformedData = CsvMalformedDataHandling.Throw };
        using var csv = CsvReader.Create(stream, options, leaveOpen: true);
        try
        {
            return Read(csv);
        }
        catch (CsvFormatException error)
        {
            throw new FormatException($"The truth file is not valid CSV at line {error.LineNumber}: {error.Message}", error);
        }
    }

    private static TruthFile Read(CsvReader csv)
    {
        if (!csv.Read())
        {
            throw new FormatException("The truth file is empty. Its first line names the columns: file (or sku) and attributes, such as file,category,color.");
        }

        var header = Enumerable.Range(0, csv.FieldCount).Select(csv.GetString).ToArray();
        var fileColumn = Array.FindIndex(header, h => FileColumns.Contains(h, StringComparer.OrdinalIgnoreCase));
        var skuColumn = Array.FindIndex(header, h => string.Equals(h, "sku", StringComparison.OrdinalIgnoreCase));
        var columns = header.Index()
            .Where(h => h.Item.Length > 0 && h.Index != fileColumn && h.Index != skuColumn && !h.Item.EndsWith(Synonyms, StringComparison.OrdinalIgnoreCase))
            .Select(h => (Name: h.Item, At: h.Index, SynonymsAt: Array.FindIndex(header, s => string.Equals(s, h.Item + Synonyms, StringComparison.OrdinalIgnoreCase))))
            .ToList();
        if ((fileColumn < 0 && skuColumn < 0) || columns.Count == 0)
        {
            throw new FormatException($"The truth file has the columns {string.Join(", ", header)}; it needs file or sku, and at least one attribute, such as file,category,color.");
        }

        if (columns.GroupBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new FormatException($"The truth file has two columns '{twice.Key}'. Remove one.");
        }

        var rows = new List<TruthRow>();
        var seen = new HashSet<(string?, string?)>();
        while (csv.Read())
        {
            var (file, sku) = (Cell(csv, fileColumn), Cell(csv, skuColumn));
            if (file is null && sku is null)
            {
                throw new FormatException($"Line {csv.LineNumber} of the truth file has neither file nor sku.");
            }

            // With a file, the SKU is not a key.
            var values = columns.Where(c => Cell(csv, c.At) is not null)
                .ToDictionary(c => c.Name, c => new TruthValue(Split(Cell(csv, c.At)), Split(Cell(csv, c.SynonymsAt))), StringComparer.Ordinal);
            var row = new TruthRow(file, file is null ? sku : null, values);
            if (!seen.Add((row.File, row.Sku?.ToUpperInvariant())))
            {
                throw new FormatException($"Line {csv.LineNumber} of the truth file repeats '{file ?? sku}'.");
            }

            rows.Add(row);
        }

        return new([.. columns.Select(c => c.Name)], rows);
    }

    private static string? Cell(CsvReader csv, int column) =>
        column >= 0 && column < csv.FieldCount && csv.GetString(column).Trim() is { Length: > 0 } cell ? cell : null;

    private static string[] Split(string? cell) => (cell ?? "").Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>Known attributes of one picture or product.</summary>
/// <param name="File">The image's name; null where the SKU is the key.</param>
/// <param name="Sku">The product's SKU; null where the file is the key.</param>
/// <param name="Values">True values by attribute.</param>
public sealed record TruthRow(string? File, string? Sku, IReadOnlyDictionary<string, TruthValue> Values);

/// <summary>True value of an attribute.</summary>
/// <param name="Values">The values; at least one.</param>
/// <param name="Synonyms">For a single value: other right answers. Empty for none.</param>
public sealed record TruthValue(IReadOnlyList<string> Values, IReadOnlyList<string> Synonyms);
