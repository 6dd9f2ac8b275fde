using System.Diagnostics;
using System.Globalization;
using BlobCaptioner.Profiles;
using BlobCaptioner.SampleModel.Architecture;
using BlobCaptioner.SampleModel.Listings;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>Trains with <see cref="Muon"/> and AdamW: first the vision tower on labels, then all of it on the answers of the built-in profiles.</summary>
internal sealed class Trainer
{
    private const double WarmUp = 100;

    // Muon's steps are measured in another way: it takes rates ten times as high.
    private const double MuonFactor = 10;
    private const double LabelShare = 0.5;
    private const double FactsShare = 0.25;
    private const int Moved = 16;

    private readonly TrainingOptions _options;
    private readonly CaptionModel _model;
    private readonly LabelHeads _heads;
    private readonly TextWriter _log;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly IReadOnlyList<(CaptionTask Task, List<int> Before)> _tasks;
    private readonly Dictionary<(int Width, int Height), List<TrainingPicture>> _bySize;
    private readonly TrainingPicture[] _pool;
    private readonly TrainingPicture[] _checks;
    private readonly Random _random = new(5);

    public Trainer(TrainingOptions options, CaptionModel model, TrainingPicture[] pool, TrainingPicture[] checks, TextWriter log)
    {
        (_options, _model, _pool, _checks, _log) = (options, model, pool, checks, log);
        _heads = new LabelHeads(model.Shape.Width);
        if (options.Resume)
        {
            _heads.Load(HeadsPath);
        }

        _tasks = [.. CaptionTask.All().Select(t => (t, t.EncodeBefore(model.Tokenizer)))];
        _bySize = pool.GroupBy(p => (p.Width, p.Height)).Where(g => g.Count() >= options.VisionRows).ToDictionary(g => g.Key, g => g.ToList());
    }

    private string HeadsPath => Path.Combine(_options.Directory, "heads.bin");

    /// <summary>Trains, and saves the weights from time to time.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        Train("vision", _options.VisionSteps, _options.LearningRate, VisionStep, cancellationToken);
        Train("answers", _options.Steps, _options.LearningRate, AnswerStep, cancellationToken);
    }

    private void Train(string name, int steps, double rate, Func<Tensor> step, CancellationToken cancellationToken)
    {
        if (steps == 0)
        {
            return;
        }

        // Matrices inside by Muon; embeddings, norms, biases and what only reads labels by AdamW.
        var hidden = _model.Weights.Names.Where(IsHidden).Select(n => (Parameter)_model.Weights[n]).ToList();
        var others = _model.Weights.Names.Where(n => !IsHidden(n)).Select(n => (Parameter)_model.Weights[n]).Concat(_heads.All).ToList();
        var all = hidden.Concat(others).ToList();
        using var muon = new Muon(hidden);
        using var optimizer = optim.AdamW(others, rate, 0.9, 0.98, 1e-8, 0.02);
        double sum = 0;
        var count = 0;
        for (var i = 0; i < steps; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var now = rate * Math.Min(1, (i + 1) / WarmUp) * ((0.5 * (1 + Math.Cos(Math.PI * i / steps))) + 0.01);
            muon.LearningRate = now * MuonFactor;
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = now;
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
                    CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,6:F0} s  {name} {i + 1}/{steps}  loss {sum / count:F4}  rate {now:E1}"));
                (sum, count) = (0, 0);
            }

            if ((i + 1) % 500 == 0 || i + 1 == steps)
            {
                Check();
                _model.Weights.Save(Path.Combine(_options.Directory, "weights.bin"));
                _heads.Save(HeadsPath);
            }
        }
    }

    private bool IsHidden(string name) =>
        _model.Weights[name].dim() == 2 && !name.StartsWith("token_embd", StringComparison.Ordinal) && !name.StartsWith("v.p", StringComparison.Ordinal);

    private Tensor VisionStep()
    {
        var pictures = Pick(_options.VisionRows);
        return _heads.Loss(Features(_model.Vision.Encode(Pixels(pictures, augment: true))), [.. pictures.Select(p => p.Label)]);
    }

    private Tensor AnswerStep()
    {
        var pictures = Pick(_options.Rows);
        var (task, before) = PickTask();
        var images = _model.Vision.Encode(Pixels(pictures, augment: true));
        var labels = pictures.ConvertAll(p => p.Label);
        var rows = labels.ConvertAll(l =>
        {
            var facts = _random.NextDouble() < FactsShare ? TrainingFacts.Draw(_random) : ProductFacts.None;
            return new AnswerRow(_model.Tokenizer.EncodeChat(task.After(facts)), AnswerText.Compose(task, l, facts, _model.Tokenizer));
        });
        return Loss(before, images, rows) + (LabelShare * _heads.Loss(Features(images), labels));
    }

    private Tensor Loss(List<int> before, ImageTokens images, List<AnswerRow> rows)
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

            foreach (var (token, weight) in rows[row].Answer.Tokens)
            {
                if (weight > 0)
                {
                    // what stands before it says it
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

    private void Check()
    {
        using var frozen = no_grad();
        var right = new long[LabelHeads.Names.Count];
        var all = new long[LabelHeads.Names.Count];
        foreach (var group in _checks.GroupBy(p => (p.Width, p.Height)))
        {
            foreach (var part in group.Chunk(_options.VisionRows))
            {
                using var scope = NewDisposeScope();
                var labels = part.Select(p => p.Label).ToList();
                var i = 0;
                foreach (var (good, of) in _heads.Correct(Features(_model.Vision.Encode(Pixels(part, augment: false))), labels))
                {
                    right[i] += good;
                    all[i++] += of;
                }
            }
        }

        _log.WriteLine("         labels right on pictures not trained: " + string.Join(
            ", ", LabelHeads.Names.Select((n, i) => string.Create(CultureInfo.InvariantCulture, $"{n} {100.0 * right[i] / Math.Max(1, all[i]):F1} %"))));
    }

    private static Tensor Features(ImageTokens images) => images.Deep.Select(d => d.mean([1])).Aggregate(images.Main.mean([1]), (a, b) => a + b);

    /// <summary>Pictures of one size: the size of one picked at random, so that sizes come as often as they are.</summary>
    private List<TrainingPicture> Pick(int count)
    {
        while (true)
        {
            var first = _pool[_random.Next(_pool.Length)];
            if (_bySize.TryGetValue((first.Width, first.Height), out var same))
            {
                // as much work for large ones as for small ones
                var fits = Math.Clamp(count * 40 * 32 * 32 / (first.Width * first.Height), 4, count);
                return [.. Enumerable.Range(0, fits).Select(_ => same[_random.Next(same.Count)])];
            }
        }
    }

    private (CaptionTask Task, List<int> Before) PickTask()
    {
        var left = _random.NextDouble() * _tasks.Sum(t => t.Task.Weight);
        return _tasks.FirstOrDefault(t => (left -= t.Task.Weight) < 0, _tasks[^1]);
    }

    private Tensor Pixels(IReadOnlyList<TrainingPicture> pictures, bool augment)
    {
        var pixels = CaptionModel.Pixels(pictures);
        if (!augment)
        {
            return pixels;
        }

        // Mirrored, moved by up to a patch, and in another light: what the picture shows stays.
        var moved = F.pad(_random.Next(2) == 0 ? pixels.flip(3) : pixels, [Moved, Moved, Moved, Moved], TorchSharp.PaddingModes.Replicate)
            .narrow(2, _random.Next((2 * Moved) + 1), pixels.shape[2])
            .narrow(3, _random.Next((2 * Moved) + 1), pixels.shape[3]);
        return ((moved + 1) * (0.92 + (0.16 * _random.NextDouble()))) - 1;
    }

    private sealed record AnswerRow(List<int> After, AnswerText Answer)
    {
        public int Length => After.Count + Answer.Tokens.Count;
    }
}
