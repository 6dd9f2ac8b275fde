using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Evaluation;

/// <summary>
/// Compares records with known attributes. It grades the model's attributes, without a person's edits. Values are compared without letter case and outer blanks, lists as sets.
/// Where the truth is not a category path, a path's last step counts as right too.
/// </summary>
public sealed class AttributeEvaluation
{
    private const int Bins = 10;

    private readonly TruthFile _truth;
    private readonly Dictionary<string, TruthRow> _byFile;
    private readonly Dictionary<string, TruthRow> _bySku;
    private readonly HashSet<TruthRow> _found = new(ReferenceEqualityComparer.Instance);
    private readonly List<Grade> _grades = [];
    private long _allCorrect;

    /// <summary>Creates an evaluation without records.</summary>
    public AttributeEvaluation(TruthFile truth)
    {
        _truth = truth;
        _byFile = truth.Rows.Where(r => r.File is not null).ToDictionary(r => r.File!, StringComparer.Ordinal);
        _bySku = truth.Rows.Where(r => r.Sku is not null).ToDictionary(r => r.Sku!, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Adds a record. A record without a row in the truth file is ignored, as is a second record of the same row.</summary>
    /// <param name="listed">The record. A row with a SKU takes the product's record, or the first record of a picture with that SKU.</param>
    public void Add(ListedRecord listed)
    {
        var record = listed.Record;
        if (record.Status != RecordStatus.Described || Find(listed) is not { } row || !_found.Add(row))
        {
            return;
        }

        var allCorrect = true;
        foreach (var (name, truth) in row.Values)
        {
            var grade = GradeOf(name, record.Attributes.GetValueOrDefault(name), truth);
            _grades.Add(grade);
            allCorrect &= grade.IsCorrect;
        }

        _allCorrect += allCorrect ? 1 : 0;
    }

    /// <summary>Reports on the records that were added so far.</summary>
    public EvaluationReport Report()
    {
        var byField = _grades.ToLookup(g => g.Field, StringComparer.Ordinal);
        var byBin = _grades.Where(g => g.Confidence is not null).ToLookup(g => Math.Clamp((int)(g.Confidence!.Value * Bins), 0, Bins - 1));
        CalibrationBin[] bins = [.. Enumerable.Range(0, Bins).Select(i => BinOf(i, [.. byBin[i]]))];
        var answers = bins.Sum(b => b.Count);
        return new()
        {
            Rows = _truth.Rows.Count,
            Missing = _truth.Rows.Count - _found.Count,
            AllCorrect = _allCorrect,
            Fields = [.. _truth.Attributes.Select(a => FieldOf(a, [.. byField[a]]))],
            Calibration = bins,
            ExpectedCalibrationError = answers == 0 ? null : bins.Sum(b => b.Count * Math.Abs((b.MeanConfidence - b.Accuracy) ?? 0)) / answers,
        };
    }

    private TruthRow? Find(ListedRecord listed)
    {
        var record = listed.Record;
        var isProduct = ProductRecords.IsProductRecord(listed.BlobName);
        if (!isProduct && _byFile.TryGetValue(record.Image.Name, out var byFile))
        {
            return byFile;
        }

        var sku = record.Product?.Sku
            ?? record.Facts?.FirstOrDefault(f => string.Equals(f.Key, "sku", StringComparison.OrdinalIgnoreCase)).Value
            ?? Path.GetFileNameWithoutExtension(record.Image.Name);

        // The views of a product come before its record and would take its row.
        return _bySku.GetValueOrDefault(sku) is { } bySku && (isProduct || record.Product is null) ? bySku : null;
    }

    private static double F1(IReadOnlyList<string> answer, TruthValue truth)
    {
        var given = answer.Select(Plain).Where(v => v.Length > 0).ToHashSet(StringComparer.Ordinal);
        var wanted = truth.Values.Select(Plain).ToHashSet(StringComparer.Ordinal);
        if (wanted.Count == 1 && given.Count == 1)
        {
            var one = given.First();
            var right = wanted.Concat(truth.Synonyms.Select(Plain)).Any(w => w == one || (!w.Contains('>') && one.Contains('>') && Plain(one.Split('>')[^1]) == w));
            return right ? 1 : 0;
        }

        var shared = given.Count(wanted.Contains);
        return shared == 0 ? 0 : 2.0 * shared / (given.Count + wanted.Count);
    }

    private static string Plain(string value) => value.Trim().ToLowerInvariant();

    private static Grade GradeOf(string field, RecordAttribute? attribute, TruthValue truth)
    {
        if (attribute?.Value is not { } value || attribute.Evidence == Evidence.Unknown || value.Items.All(string.IsNullOrWhiteSpace))
        {
            return new(field, IsAnswered: false, F1: 0, Confidence: null);
        }

        return new(field, IsAnswered: true, F1(value.Items, truth), attribute.Confidence);
    }

    private static FieldScore FieldOf(string name, Grade[] grades) => new()
    {
        Field = name,
        Known = grades.Length,
        Answered = grades.Count(g => g.IsAnswered),
        Correct = grades.Count(g => g.IsCorrect),
        F1 = grades.Length == 0 ? 0 : grades.Average(g => g.F1),
    };

    private static CalibrationBin BinOf(int index, Grade[] grades) => new(
        (double)index / Bins,
        (index + 1.0) / Bins,
        grades.Length,
        grades.Length == 0 ? null : grades.Average(g => g.Confidence),
        grades.Length == 0 ? null : (double)grades.Count(g => g.IsCorrect) / grades.Length);

    /// <summary>One known attribute of one record.</summary>
    private sealed record Grade(string Field, bool IsAnswered, double F1, double? Confidence)
    {
        public bool IsCorrect => F1 == 1;
    }
}
