using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Evaluation;

/// <summary>
/// Compares records with known attributes. Attributes are taken as the model wrote them: a person's edits would grade the person. Values are compared without case and outer
/// blanks; a list as a set; a category path also by its last step where the truth is no path.
/// </summary>
public sealed class AttributeEvaluation
{
    private const int Bins = 10;

    private readonly TruthFile _truth;
    private readonly Dictionary<string, TruthRow> _byFile;
    private readonly Dictionary<string, TruthRow> _bySku;
    private readonly HashSet<TruthRow> _found = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, Score> _scores;
    private readonly Bin[] _bins = [.. Enumerable.Range(0, Bins).Select(_ => new Bin())];
    private long _allCorrect;

    /// <summary>Creates one.</summary>
    public AttributeEvaluation(TruthFile truth)
    {
        _truth = truth;
        _byFile = truth.Rows.Where(r => r.File is not null).ToDictionary(r => r.File!, StringComparer.Ordinal);
        _bySku = truth.Rows.Where(r => r.Sku is not null).ToDictionary(r => r.Sku!, StringComparer.OrdinalIgnoreCase);
        _scores = truth.Attributes.ToDictionary(a => a, _ => new Score(), StringComparer.Ordinal);
    }

    /// <summary>Takes one record into account. What the truth file doesn't know, and a second record of the same row, changes nothing.</summary>
    /// <param name="listed">The record. A row with a SKU takes the product's record, or the first of a picture of that SKU.</param>
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
            var score = _scores[name];
            score.Known++;
            var attribute = record.Attributes.GetValueOrDefault(name);
            if (attribute?.Value is not { } value || attribute.Evidence == Evidence.Unknown || value.Items.All(string.IsNullOrWhiteSpace))
            {
                allCorrect = false;
                continue;
            }

            var f1 = F1(value.Items, truth);
            var correct = f1 == 1;
            score.Answered++;
            score.F1 += f1;
            score.Correct += correct ? 1 : 0;
            allCorrect &= correct;
            if (attribute.Confidence is { } confidence)
            {
                _bins[Math.Clamp((int)(confidence * Bins), 0, Bins - 1)].Add(confidence, correct);
            }
        }

        _allCorrect += allCorrect ? 1 : 0;
    }

    /// <summary>What came out so far.</summary>
    public EvaluationReport Report()
    {
        var answers = _bins.Sum(b => b.Count);
        return new()
        {
            Rows = _truth.Rows.Count,
            Missing = _truth.Rows.Count - _found.Count,
            AllCorrect = _allCorrect,
            Fields = [.. _truth.Attributes.Select(a => _scores[a].ToField(a))],
            Calibration = [.. _bins.Select((b, i) => b.ToBin(i))],
            ExpectedCalibrationError = answers == 0 ? null : _bins.Sum(b => Math.Abs(b.Confidence - b.Correct)) / answers,
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

        // the views of a product come before its record, and would take its row
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

    private sealed class Score
    {
        public long Known { get; set; }

        public long Answered { get; set; }

        public long Correct { get; set; }

        public double F1 { get; set; }

        public FieldScore ToField(string name) =>
            new() { Field = name, Known = Known, Answered = Answered, Correct = Correct, F1 = Known == 0 ? 0 : F1 / Known };
    }

    private sealed class Bin
    {
        public long Count { get; private set; }

        public double Confidence { get; private set; }

        public double Correct { get; private set; }

        public void Add(double confidence, bool correct)
        {
            Count++;
            Confidence += confidence;
            Correct += correct ? 1 : 0;
        }

        public CalibrationBin ToBin(int index) => new(
            (double)index / Bins, (index + 1.0) / Bins, Count, Count == 0 ? null : Confidence / Count, Count == 0 ? null : Correct / Count);
    }
}
