using System.Diagnostics;
using System.Globalization;
using BlobCaptioner.Profiles;
using BlobCaptioner.SampleModel.Architecture;
using BlobCaptioner.SampleModel.Drawing;
using BlobCaptioner.SampleModel.Listings;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>Trains with <see cref="Muon"/> and AdamW: first the vision tower on labels, then the whole model on the answers of the built-in profiles.</summary>
internal sealed class Trainer
{
    private const double WarmUpSteps = 100;

    // Muon's orthogonalized steps take a learning rate ten times as high.
    private const double MuonFactor = 10;
    private const double LabelLossWeight = 0.5;
    private const double FactsShare = 0.25;
    private const int MaxShiftPixels = 16;

    private readonly TrainingOptions _options;
    private readonly CaptionModel _model;
    private readonly LabelHeads _heads;
    private readonly TextWriter _log;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly IReadOnlyList<(CaptionTask Task, List<int> Before)> _tasks;
    private readonly Dictionary<(int Width, int Height), List<DrawnPicture>> _bySize;
    private readonly DrawnPicture[] _training;
    private readonly DrawnPicture[] _validation;
    private readonly Random _random = new(5);

    public Trainer(TrainingOptions options, CaptionModel model, DrawnPicture[] training, DrawnPicture[] validation, TextWriter log)
    {
        (_options, _model, _training, _validation, _log) = (options, model, training, validation, log);
        _heads = new LabelHeads(model.Shape.Width);
        if (options.Resume)
        {
            _heads.Load(HeadsPath);
        }

        _tasks = [.. CaptionTask.All().Select(t => (t, model.Tokenizer.EncodeChat(t.Before)))];
        _bySize = training.GroupBy(SizeOf).Where(g => g.Count() >= options.VisionBatchSize).ToDictionary(g => g.Key, g => g.ToList());
    }

    private string HeadsPath => Path.Combine(_options.Directory, "heads.bin");

    private static (int Width, int Height) SizeOf(DrawnPicture picture) => (picture.Image.Width, picture.Image.Height);

    /// <summary>Trains. Weights are saved every 500 steps and after the last.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        Train("vision", _options.VisionSteps, VisionStep, cancellationToken);
        Train("answers", _options.Steps, AnswerStep, cancellationToken);
    }

    private void Train(string name, int steps, Func<Tensor> step, CancellationToken cancellationToken)
    {
        if (steps == 0)
        {
            return;
        }

        // Muon updates the hidden matrices; AdamW updates embeddings, norms, biases and label heads.
        var weights = _model.Weights.Names.ToLookup(IsHidden, n => (Parameter)_model.Weights[n]);
        List<Parameter> others = [.. weights[false], .. _heads.All];
        List<Parameter> all = [.. weights[true], .. others];
        using var muon = new Muon(weights[true]);
        using var optimizer = optim.AdamW(others, _options.LearningRate, 0.9, 0.98, 1e-8, 0.02);
        double sum = 0;
        var count = 0;
        for (var i = 0; i < steps; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rate = _options.LearningRate * Math.Min(1, (i + 1) / WarmUpSteps) * ((0.5 * (1 + Math.Cos(Math.PI * i / steps))) + 0.01);
            muon.LearningRate = rate * MuonFactor;
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = rate;
            }

            using (NewDisposeScope())
            {
                optimizer.zero_grad();
                muon.ZeroGradients();
                var loss = step();
                loss.backward();
                nn.utils.clip_grad_norm_(all, 1.0);
                optimizer.step();
                muon.Step();
                sum += loss.item<float>();
                count++;
            }

            if ((i + 1) % 100 == 0)
            {
                _log.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,6:F0} s  {name} {i + 1}/{steps}  loss {sum / count:F4}  rate {rate:E1}"));
                (sum, count) = (0, 0);
            }

            if ((i + 1) % 500 == 0 || i + 1 == steps)
            {
                Validate();
                _model.Weights.Save(Path.Combine(_options.Directory, "weights.bin"));
                _heads.Save(HeadsPath);
            }
        }
    }

    private bool IsHidden(string name) =>
        _model.Weights[name].dim() == 2 && !name.StartsWith("token_embd", StringComparison.Ordinal) && !name.StartsWith("v.p", StringComparison.Ordinal);

    private Tensor VisionStep()
    {
        var pictures = Pick(_options.VisionBatchSize);
        return _heads.Loss(Features(_model.Vision.Encode(Pixels(pictures, augment: true))), [.. pictures.Select(p => p.Label)]);
    }

    private Tensor AnswerStep()
    {
        var pictures = Pick(_options.BatchSize);
        var (task, before) = PickTask();
        var images = _model.Vision.Encode(Pixels(pictures, augment: true));
        var labels = pictures.ConvertAll(p => p.Label);
        var rows = labels.ConvertAll(l =>
        {
            var facts = _random.NextDouble() < FactsShare ? TrainingFacts.Draw(_random) : ProductFacts.None;
            return new Row(_model.Tokenizer.EncodeChat(task.After(facts)), AnswerText.Compose(task, l, facts, _model.Tokenizer));
        });
        return Loss(before, images, rows) + (LabelLossWeight * _heads.Loss(Features(images), labels));
    }

    private Tensor Loss(List<int> before, ImageTokens images, List<Row> rows)
    {
        var length = rows.Max(r => r.Length);
        var tails = new long[rows.Count * length];
        var places = new List<long>();
        var targets = new List<long>();
        var weights = new List<float>();
        for (var row = 0; row < rows.Count; row++)
        {
            var at = row * length;
            foreach (var token in rows[row].After)
            {
                tails[at++] = token;
            }

            foreach (var (token, weight) in rows[row].Answer)
            {
                if (weight > 0)
                {
                    // the position before a token predicts it
                    places.Add((row * (long)(images.Count + length)) + images.Count + (at - (row * length)) - 1);
                    targets.Add(token);
                    weights.Add(weight);
                }

                tails[at++] = token;
            }
        }

        var hidden = _model.Text.Run(before, images, tensor(tails).reshape(rows.Count, length));
        var logits = _model.Text.Logits(hidden.reshape(-1, hidden.shape[^1]).index_select(0, tensor(places.ToArray())));
        var each = F.cross_entropy(logits, tensor(targets.ToArray()), reduction: nn.Reduction.None);
        return (each * tensor(weights.ToArray())).sum() / weights.Sum();
    }

    private void Validate()
    {
        using var frozen = no_grad();
        var correct = new long[LabelHeads.Names.Count];
        var all = new long[LabelHeads.Names.Count];
        foreach (var group in _validation.GroupBy(SizeOf))
        {
            foreach (var part in group.Chunk(_options.VisionBatchSize))
            {
                using var scope = NewDisposeScope();
                var labels = part.Select(p => p.Label).ToList();
                var i = 0;
                foreach (var (right, of) in _heads.Correct(Features(_model.Vision.Encode(Pixels(part, augment: false))), labels))
                {
                    correct[i] += right;
                    all[i++] += of;
                }
            }
        }

        _log.WriteLine("         validation accuracy: " + string.Join(
            ", ", LabelHeads.Names.Select((n, i) => string.Create(CultureInfo.InvariantCulture, $"{n} {100.0 * correct[i] / Math.Max(1, all[i]):F1} %"))));
    }

    private static Tensor Features(ImageTokens images) => images.Deep.Select(d => d.mean([1])).Aggregate(images.Main.mean([1]), (a, b) => a + b);

    /// <summary>A batch of pictures of one size. The size is that of a random picture, so that each size comes as often as it is in the set.</summary>
    private List<DrawnPicture> Pick(int count)
    {
        while (true)
        {
            var size = SizeOf(_training[_random.Next(_training.Length)]);
            if (_bySize.TryGetValue(size, out var same))
            {
                // fewer large pictures, so that each step costs about the same
                var fits = Math.Clamp(count * 40 * 32 * 32 / (size.Width * size.Height), 4, count);
                return [.. Enumerable.Range(0, fits).Select(_ => same[_random.Next(same.Count)])];
            }
        }
    }

    private (CaptionTask Task, List<int> Before) PickTask()
    {
        var left = _random.NextDouble() * _tasks.Sum(t => t.Task.Weight);
        return _tasks.FirstOrDefault(t => (left -= t.Task.Weight) < 0, _tasks[^1]);
    }

    private Tensor Pixels(IEnumerable<DrawnPicture> pictures, bool augment)
    {
        var pixels = CaptionModel.Pixels([.. pictures.Select(p => p.Image)]);
        if (!augment)
        {
            return pixels;
        }

        // Mirroring, a shift by up to a patch and another light keep the label.
        var shifted = F.pad(_random.Next(2) == 0 ? pixels.flip(3) : pixels, [MaxShiftPixels, MaxShiftPixels, MaxShiftPixels, MaxShiftPixels], TorchSharp.PaddingModes.Replicate)
            .narrow(2, _random.Next((2 * MaxShiftPixels) + 1), pixels.shape[2])
            .narrow(3, _random.Next((2 * MaxShiftPixels) + 1), pixels.shape[3]);
        return ((shifted + 1) * (0.92 + (0.16 * _random.NextDouble()))) - 1;
    }

    private sealed record Row(List<int> After, List<(int Token, float Weight)> Answer)
    {
        public int Length => After.Count + Answer.Count;
    }
}
