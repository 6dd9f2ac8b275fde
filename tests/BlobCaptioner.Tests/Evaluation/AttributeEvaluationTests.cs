using System.Text;
using BlobCaptioner.Evaluation;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Records;
using Xunit;

namespace BlobCaptioner.Tests.Evaluation;

/// <summary>Numbers that were computed by hand.</summary>
public sealed class AttributeEvaluationTests
{
    [Fact]
    public void Report_FourPictures_HasTheNumbersOfTheTextbook()
    {
        var report = Evaluate(
            """
            file,category,color,color synonyms,brand
            a.jpg,mug,red|white,,Acme
            b.jpg,chair,grey,gray|silver,
            c.jpg,lamp,blue,,Acme
            d.jpg,shirt,blue,,Acme
            gone.jpg,shirt,blue,,
            """,
            Record("a.jpg", ("category", new("Mug", 0.95)), ("color", new(new CopyValue(["white", "RED"]), 0.85)), ("brand", new("acme", null) { Evidence = Evidence.Supplied })),
            Record("b.jpg", ("category", new("Home > Chair", 0.75)), ("color", new("Gray", 0.85))),
            Record("c.jpg", ("category", new("mug", 0.95)), ("color", new(new CopyValue(["blue", "white"]), 0.4)), ("brand", new(null, 0.2) { Evidence = Evidence.Unknown })),
            Record("d.jpg", ("category", new("shirt", 1)), ("color", new("red", 0.85))),
            Record("other.jpg", ("category", new("shirt", 1))));
        Assert.Equal((5, 1, 2), (report.Rows, report.Missing, report.AllCorrect));
        Assert.Equal(["category", "color", "brand"], report.Fields.Select(f => f.Field));

        var (category, color, brand) = (report.Fields[0], report.Fields[1], report.Fields[2]);
        Assert.Equal((4, 4, 3), (category.Known, category.Answered, category.Correct));
        Assert.Equal((0.75, 0.75, 1.0, 0.75), (category.ExactMatch, category.Precision, category.Coverage, category.F1));

        // a: same set; b: a synonym; c: one of two, F1 = 2*1/(2+1); d: wrong
        Assert.Equal((4, 4, 2), (color.Known, color.Answered, color.Correct));
        Assert.Equal((1 + 1 + (2.0 / 3) + 0) / 4, color.F1, 12);

        // a right, c unknown, d left out of the record
        Assert.Equal((3, 1, 1), (brand.Known, brand.Answered, brand.Correct));
        Assert.Equal((1.0 / 3, 1.0, 1.0 / 3), (brand.ExactMatch, brand.Precision, brand.Coverage));

        // 0.4: c's colour; 0.75: b's category; 0.85: three colours, two right; 0.95, 0.95, 1: categories, two right. The supplied brand has no confidence.
        Assert.Equal([0, 0, 0, 0, 1, 0, 0, 1, 3, 3], report.Calibration.Select(b => (int)b.Count));
        Assert.Equal((2.0 / 3, 0.0), (report.Calibration[8].Accuracy!.Value, report.Calibration[4].Accuracy!.Value));
        Assert.Equal(2.9 / 3, report.Calibration[9].MeanConfidence!.Value, 12);
        Assert.Null(report.Calibration[0].Accuracy);
        Assert.Equal((0.4 + 0.25 + Math.Abs(2.55 - 2) + Math.Abs(2.9 - 2)) / 8, report.ExpectedCalibrationError!.Value, 12);
    }

    [Fact]
    public void Add_RowsBySku_TakeTheProductsRecordAndNotAView()
    {
        var product = new RecordProduct("M1", ["m/M1-1.jpg"]);
        var evaluation = new AttributeEvaluation(Truth("sku;color\nm1;red\nM2;blue\n"));
        evaluation.Add(new("m/M1-1.jpg.json", Record("m/M1-1.jpg", ("color", new("wrong", 1))) with { Product = product }));
        evaluation.Add(new("m/M1.product.json", Record("m/M1-1.jpg", ("color", new("red", 1))) with { Product = product }));
        evaluation.Add(new("x.jpg.json", Record("x.jpg", ("color", new("blue", 1))).With(("SKU", "M2"))));
        Assert.Equal((2L, 2L, 0L), (evaluation.Report().AllCorrect, evaluation.Report().Fields[0].Known, evaluation.Report().Missing));
    }

    [Fact]
    public void Report_NoAnswers_HasNoError()
    {
        var report = Evaluate("file,color\na.jpg,red\n", TestRecords.Without("a.jpg", RecordStatus.Failed));
        Assert.Equal((1L, null, null), (report.Missing, report.ExpectedCalibrationError, report.Fields[0].Precision));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("picture,color\na,b\n", "picture, color")]
    [InlineData("file\na.jpg\n", "at least one attribute")]
    [InlineData("file,color\n,red\n", "Line 2")]
    [InlineData("file,color\na.jpg,red\na.jpg,blue\n", "repeats 'a.jpg'")]
    [InlineData("file,color,color\na.jpg,red,blue\n", "two columns 'color'")]
    public void TruthFile_NotUsable_SaysWhatIsWrong(string csv, string word) =>
        Assert.Contains(word, Assert.Throws<FormatException>(() => Truth(csv)).Message, StringComparison.Ordinal);

    private static EvaluationReport Evaluate(string truth, params CaptionRecord[] records)
    {
        var evaluation = new AttributeEvaluation(Truth(truth));
        foreach (var record in records)
        {
            evaluation.Add(new(record.Image.Name + ".json", record));
        }

        return evaluation.Report();
    }

    private static TruthFile Truth(string csv) => TruthFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(csv)));

    private static CaptionRecord Record(string name, params (string Name, RecordAttribute Attribute)[] attributes) =>
        TestRecords.Described(name) with { Attributes = attributes.ToDictionary(a => a.Name, a => a.Attribute, StringComparer.Ordinal) };
}
